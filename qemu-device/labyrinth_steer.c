/*
 * Labyrinth: which queue takes a frame
 *
 * One queue takes all, or those of a mask share them: by flow, so that both
 * ways of a conversation meet in one queue, or in turn.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "net/eth.h"
#include "qemu/bswap.h"

#include "labyrinth.h"
#include "labyrinth_crc32c.h"

#define LAB_MAX_TAGS 2      /* VLAN tags that are looked behind */
#define LAB_MAX_HEADERS 8   /* IPv6 extension headers, likewise */
#define LAB_PORTS_BYTES 4   /* source and destination, of TCP and UDP */

/* What is left of a frame, from some header on */
typedef struct LabView {
    const uint8_t *at;
    size_t bytes;
} LabView;

/* Return: whether there were so many bytes to go past */
static bool lab_view_skip(LabView *v, size_t bytes)
{
    if (bytes > v->bytes) {
        return false;
    }
    v->at += bytes;
    v->bytes -= bytes;
    return true;
}

/* One end of a flow: its address, and its port if there are any */
static uint64_t lab_flow_end(const uint8_t *addr, size_t bytes,
                             const uint8_t *port)
{
    uint32_t crc = lab_crc32c(0, addr, bytes);

    return lab_mix64(port ? lab_crc32c(crc, port, LAB_PORTS_BYTES / 2) : crc);
}

/* The same for both ways: addition does not ask which comes first */
static uint64_t lab_flow(const uint8_t *addrs, size_t bytes, uint8_t protocol,
                         const LabView *ports)
{
    bool known = ports && ports->bytes >= LAB_PORTS_BYTES &&
                 (protocol == IP_PROTO_TCP || protocol == IP_PROTO_UDP);
    const uint8_t *port = known ? ports->at : NULL;

    return lab_mix64(lab_flow_end(addrs, bytes, port) +
                     lab_flow_end(addrs + bytes, bytes, port ? port + 2 : NULL) +
                     protocol);
}

/* All fragments of a packet are one flow: only the first of them has ports */
static bool lab_flow_ip4(LabView v, uint64_t *hash)
{
    const uint8_t *h = v.at;
    size_t bytes;

    if (v.bytes < sizeof(struct ip_header) || h[0] >> 4 != 4) {
        return false;
    }
    bytes = (h[0] & 0xf) * 4;
    if (bytes < sizeof(struct ip_header) || !lab_view_skip(&v, bytes)) {
        return false;
    }
    *hash = lab_flow(h + offsetof(struct ip_header, ip_src), 4,
                     h[offsetof(struct ip_header, ip_p)],
                     lduw_be_p(h + offsetof(struct ip_header, ip_off)) &
                     (IP_MF | IP_OFFMASK) ? NULL : &v);
    return true;
}

/* Return: whether the header that @next names is one that others follow */
static bool lab_ip6_extension(uint8_t next)
{
    return next == IP6_HOP_BY_HOP || next == IP6_ROUTING ||
           next == IP6_DESTINATON;
}

static bool lab_flow_ip6(LabView v, uint64_t *hash)
{
    const uint8_t *h = v.at;
    uint8_t next;

    if (v.bytes < sizeof(struct ip6_header) || h[0] >> 4 != 6) {
        return false;
    }
    next = h[offsetof(struct ip6_header, ip6_ctlun.ip6_un1.ip6_un1_nxt)];
    lab_view_skip(&v, sizeof(struct ip6_header));
    for (int i = 0; i < LAB_MAX_HEADERS && lab_ip6_extension(next) &&
                    v.bytes >= 2; i++) {
        next = v.at[0];
        if (!lab_view_skip(&v, (v.at[1] + 1) * 8)) {
            v.bytes = 0;
        }
    }
    *hash = lab_flow(h + offsetof(struct ip6_header, ip6_src), 16, next, &v);
    return true;
}

/* Go past the tags.  Return: the type of what is behind, 0: nothing is */
static uint16_t lab_ether_type(LabView *v)
{
    for (int tags = 0; v->bytes >= 2; tags++) {
        uint16_t type = lduw_be_p(v->at);

        if ((type != ETH_P_VLAN && type != ETH_P_DVLAN) ||
            tags == LAB_MAX_TAGS) {
            lab_view_skip(v, 2);
            return type;
        }
        if (!lab_view_skip(v, 4)) {
            break;
        }
    }
    return 0;
}

/* Frames of other kinds: by station addresses; too short for those: all one */
static uint64_t lab_flow_hash(const uint8_t *frame, size_t length)
{
    LabView v = { frame, length };
    uint64_t hash = 0;
    uint16_t type;

    if (!lab_view_skip(&v, 2 * ETH_ALEN)) {
        return 0;
    }
    type = lab_ether_type(&v);
    if ((type == ETH_P_IP && lab_flow_ip4(v, &hash)) ||
        (type == ETH_P_IPV6 && lab_flow_ip6(v, &hash))) {
        return hash;
    }
    return lab_flow(frame, ETH_ALEN, 0, NULL);
}

/* Queues that take part */
static uint32_t lab_steer_queues(const LabState *s)
{
    uint32_t all = MAKE_64BIT_MASK(0, s->num_queues);

    if (!(s->steer & LAB_STEER_ENABLE) || s->loading) {
        return 0;
    }
    switch (s->steer & LAB_STEER_MODE) {
    case LAB_STEER_MODE_QUEUE:
        return (1u << (s->steer & LAB_STEER_QUEUE)) & all;
    case LAB_STEER_MODE_HASH:
    case LAB_STEER_MODE_ROBIN:
        return s->steer_mask & all;
    default:
        return 0;
    }
}

static LabQueue *lab_steer_nth(LabState *s, uint32_t queues, uint32_t n)
{
    while (n--) {
        queues &= queues - 1;
    }
    return &s->queues[ctz32(queues)];
}

/*
 * Return: the queue that takes the frame, or NULL: it is held back.  It does
 * not go to another one instead, so that a flow keeps its order.
 */
LabQueue *lab_steer(LabState *s, const uint8_t *frame, size_t length)
{
    uint32_t queues = lab_steer_queues(s);
    uint32_t count = ctpop32(queues);
    uint32_t mode = s->steer & LAB_STEER_MODE;
    uint32_t n = 0;
    LabQueue *q;

    if (!count) {
        return NULL;
    }
    if (mode == LAB_STEER_MODE_HASH) {
        n = lab_flow_hash(frame, length) % count;
    } else if (mode == LAB_STEER_MODE_ROBIN) {
        n = s->steer_next % count;
    }
    q = lab_steer_nth(s, queues, n);
    return lab_queue_enabled(q) ? q : NULL;
}

/* A frame was taken, or dropped: it is the next one's turn */
void lab_steer_taken(LabState *s)
{
    s->steer_next++;
}

/* Return: whether any queue takes frames now */
bool lab_steer_open(LabState *s)
{
    for (uint32_t left = lab_steer_queues(s); left; left &= left - 1) {
        if (lab_queue_enabled(&s->queues[ctz32(left)])) {
            return true;
        }
    }
    return false;
}

/* Other queues take part, or other frames: the turn starts anew */
void lab_steer_changed(LabState *s)
{
    s->steer_next = 0;
    lab_wire_resume(s);
}
