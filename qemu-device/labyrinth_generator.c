/*
 * Labyrinth: the burst generator of a queue
 *
 * Sizes and payload are a function of the seed and the sequence number, so a
 * receiver can check every byte.  Packets are written straight into blocks;
 * only a lossy queue without a block sends them through the FIFO.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "qemu/log.h"

#include "labyrinth.h"
#include "labyrinth_block.h"
#include "labyrinth_record.h"
#include "trace.h"

/* Packets in so many bytes get the same timestamp: a clock read costs 50 ns */
#define LAB_CLOCK_BYTES 4096

/* A generator that was held up makes up for no more than this */
#define LAB_CATCH_UP_NS (100 * SCALE_MS)

/* Longer gaps are as good as for ever, and do not overflow */
#define LAB_GAP_MAX_NS (INT64_MAX / 4)

/* Packets of the burst that begins: 0 means all that are left */
static void lab_burst_begin(LabGenerator *g)
{
    g->burst_left = UINT64_MAX;
    if (g->burst) {
        g->burst_left = lab_gen_burst(g->seed, g->burst_number, g->burst,
                                      g->mode);
    }
    if (g->count) {
        g->burst_left = MIN(g->burst_left, g->count - g->done);
    }
}

static void lab_burst_end(LabQueue *q)
{
    LabGenerator *g = &q->gen;
    int64_t gap_ns;

    if (g->count && g->done == g->count) {
        g->running = false;
        trace_labyrinth_gen_stop(q->index, g->done);
        return;
    }
    gap_ns = lab_gen_gap(g->seed, g->burst_number++, g->gap_ns, g->mode);
    g->next_ns = MAX(g->next_ns + gap_ns, lab_now_ns() - LAB_CATCH_UP_NS);
    lab_burst_begin(g);
}

static bool lab_generator_mode_valid(uint32_t mode)
{
    return !(mode & ~(LAB_GEN_SIZE_MASK | LAB_GEN_GAP_MASK)) &&
           (mode & LAB_GEN_SIZE_MASK) <= LAB_GEN_SIZE_PARETO &&
           (mode & LAB_GEN_GAP_MASK) <= LAB_GEN_GAP_ONOFF;
}

static bool lab_generator_valid(const LabQueue *q)
{
    return lab_queue_enabled(q) && !q->gen.running &&
           lab_generator_mode_valid(q->gen_mode) &&
           q->gen_size_min <= q->gen_size_max &&
           q->gen_size_max <= LAB_GEN_SIZE_LIMIT;
}

/* Of a saved state */
bool lab_generator_valid_state(const LabQueue *q)
{
    const LabGenerator *g = &q->gen;

    return !g->running ||
           (lab_generator_mode_valid(g->mode) &&
            g->size_min <= g->size_max && g->size_max <= LAB_GEN_SIZE_LIMIT &&
            g->gap_ns <= LAB_GAP_MAX_NS && g->next_ns >= 0 &&
            (!g->count || (g->done < g->count &&
                           g->burst_left <= g->count - g->done)));
}

void lab_generator_start(LabQueue *q)
{
    LabGenerator *g = &q->gen;

    if (!lab_generator_valid(q)) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "labyrinth: queue %u: generator not started: it or the "
                      "queue is in the wrong state, or sizes or mode are\n",
                      q->index);
        return;
    }
    *g = (LabGenerator) {
        .running = true,
        .count = q->gen_count,
        .seed = q->gen_seed,
        .gap_ns = MIN(q->gen_gap_ns, LAB_GAP_MAX_NS),
        .size_min = q->gen_size_min,
        .size_max = q->gen_size_max,
        .burst = q->gen_burst,
        .mode = q->gen_mode,
        .next_ns = lab_now_ns(),
    };
    lab_burst_begin(g);
    trace_labyrinth_gen_start(q->index, g->count, g->size_min, g->size_max,
                              g->burst, g->gap_ns, g->seed, g->mode);
    lab_queue_resume(q);
}

/* What was made is delivered, without waiting for the block to fill */
void lab_generator_stop(LabQueue *q)
{
    if (q->gen.running) {
        trace_labyrinth_gen_stop(q->index, q->gen.done);
        q->gen.running = false;
        q->close_block = true;
        timer_del(&q->gen_timer);
        lab_queue_resume(q);
    }
}

/* Return: whether there is a packet to make now */
bool lab_generator_due(LabQueue *q, int64_t now_ns)
{
    return q->gen.running && (!q->gen.gap_ns || now_ns >= q->gen.next_ns);
}

/* Wake up for the next burst, if it is time that it waits for */
void lab_generator_sleep(LabQueue *q)
{
    if (q->gen.running && (!q->waiting || lab_queue_lossy(q))) {
        timer_mod(&q->gen_timer, q->gen.next_ns);
    }
}

static inline void lab_generator_write(LabQueue *q, uint8_t *at,
                                       uint32_t length, int64_t now_ns,
                                       uint16_t mark)
{
    uint64_t seq = lab_next_seq(q);
    LabPacket packet = {
        .length = length,
        .flags = LAB_RECORD_GENERATED,
        .queue = q->index,
        .seq = seq,
        .timestamp_ns = now_ns,
        .burst = q->gen.burst_number,
    };

    lab_record_generate(at, length, lab_gen_first(q->gen.seed, seq));
    lab_record_seal(at, &packet);
    if (mark) {
        stw_le_p(at + offsetof(struct lab_record, flags), packet.flags | mark);
    }
}

static inline uint32_t lab_generator_size(const LabQueue *q)
{
    return lab_gen_size(q->gen.seed, lab_next_seq(q), q->gen.size_min,
                        q->gen.size_max, q->gen.mode);
}

/* A packet was made, whatever became of it */
static inline void lab_generator_count(LabQueue *q, LabSlice *slice,
                                       uint32_t bytes)
{
    q->counters.generated++;
    q->gen.done++;
    q->gen.burst_left--;
    slice->records--;
    slice->bytes -= bytes;
}

/* Into blocks, for as long as one reading of the clock is good enough */
static void lab_generate_blocks(LabQueue *q, LabSlice *slice)
{
    LabGenerator *g = &q->gen;
    int64_t until = slice->bytes - LAB_CLOCK_BYTES;

    while (g->running && g->burst_left && slice->bytes > until &&
           lab_slice_left(q, slice)) {
        uint32_t length = lab_generator_size(q);
        LabRoom room = lab_block_room(q, length);

        if (room == LAB_NO_BLOCK) {
            q->waiting = true;
            return;
        }
        if (likely(room == LAB_ROOM)) {
            lab_generator_write(q, lab_block_at(q), length, slice->now_ns, 0);
            lab_block_commit(q, length, lab_next_seq(q), slice->now_ns);
        } else {
            q->counters.drop_size++;
        }
        lab_generator_count(q, slice, lab_record_stride(length));
        if (q->block.records &&
            (!g->burst_left || lab_block_full(&q->block))) {
            lab_block_close(q);
        }
    }
}

/* A lossy queue without a block: what does not fit into the FIFO is gone */
static void lab_generate_fifo(LabQueue *q, LabSlice *slice)
{
    LabGenerator *g = &q->gen;

    while (g->burst_left && lab_slice_left(q, slice)) {
        uint32_t length = lab_generator_size(q);
        uint32_t stride = lab_record_stride(length);
        uint8_t *at = lab_fifo_reserve(&q->fifo, stride);
        bool last = g->burst_left == 1;

        if (at) {
            lab_generator_write(q, at, length, slice->now_ns,
                                last ? LAB_FIFO_CLOSE : 0);
            lab_fifo_commit(&q->fifo, stride);
        } else {
            q->counters.drop_fifo++;
            q->close_block |= last;
        }
        lab_generator_count(q, slice, at ? stride : LAB_RECORD_ALIGN);
    }
}

/* Make the packets that are due, as far as the slice goes */
void lab_generate(LabQueue *q, LabSlice *slice)
{
    slice->now_ns = lab_now_ns();
    while (lab_slice_left(q, slice) && lab_generator_due(q, slice->now_ns)) {
        if (!q->waiting) {
            lab_generate_blocks(q, slice);
        } else if (lab_queue_lossy(q)) {
            lab_generate_fifo(q, slice);
        } else {
            return;
        }
        if (q->gen.running && !q->gen.burst_left) {
            lab_burst_end(q);
        }
        slice->now_ns = lab_now_ns();
    }
}
