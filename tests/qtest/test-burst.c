/*
 * A burst, by hand: every byte that the device writes
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "labtest.h"

/* Bytes of the records of @count packets of one size, from @seq on */
static uint32_t expect_records(uint8_t *at, LabRing *r, unsigned count,
                               uint32_t size, uint64_t seed, uint64_t seq,
                               uint32_t burst)
{
    for (unsigned i = 0; i < count; i++) {
        lab_expected_generated(at + i * lab_record_stride(size), r, size, seed,
                               seq + i, burst, 0);
    }
    return count * lab_record_stride(size);
}

static void three_packets_fill_one_block_byte_for_byte(void)
{
    LabTest *t = lab_start(NULL, NULL);
    LabRing r = lab_ring(t, 0, 4);
    uint8_t expected[4096];
    uint32_t bytes = expect_records(expected, &r, 3, 100, 0x5eed, 0, 0);
    struct lab_cpl cpl;

    /* Stale memory, so that padding is seen to be written */
    qtest_memset(t->qts, LAB_BLOCKS(0), 0xaa, 4096);
    lab_enable(&r, 0);
    lab_fill_write(&r, LAB_BLOCKS(0), 4096, 7, 0);
    lab_fill_bell(&r);
    lab_generate_packets(&r, 3, 100, 0x5eed);
    cpl = lab_take(&r);

    g_assert_cmpuint(cpl.bytes, ==, bytes);
    g_assert_cmpuint(cpl.slot, ==, 7);
    g_assert_cmpuint(cpl.records, ==, 3);
    g_assert_cmpuint(cpl.seq, ==, 0);
    g_assert_cmpuint(cpl.status, ==, LAB_CPL_OK);
    g_assert_cmpuint(cpl.phase, ==, LAB_CPL_PHASE);
    lab_compare(t, LAB_BLOCKS(0), expected, bytes);
    lab_end(t);
}

static void bytes_behind_the_records_stay_as_they_were(void)
{
    LabTest *t = lab_start(NULL, NULL);
    LabRing r = lab_ring(t, 0, 4);
    uint8_t untouched[64];
    struct lab_cpl cpl;

    memset(untouched, 0xaa, sizeof(untouched));
    qtest_memset(t->qts, LAB_BLOCKS(0), 0xaa, 4096);
    lab_enable(&r, 0);
    lab_post(&r, 0, 4096);
    lab_generate_packets(&r, 1, 1, 1);
    cpl = lab_take(&r);
    g_assert_cmpuint(cpl.bytes, ==, 64);
    lab_compare(t, LAB_BLOCKS(0) + cpl.bytes, untouched, sizeof(untouched));
    lab_end(t);
}

static void packets_are_packed_over_blocks(void)
{
    LabTest *t = lab_start(NULL, NULL);
    LabRing r = lab_ring(t, 1, 4);
    uint8_t expected[4096];
    uint32_t fits = 4096 / lab_record_stride(1000);
    uint64_t seq = 0;

    lab_enable(&r, 0);
    for (unsigned i = 0; i < 4; i++) {
        lab_post(&r, i, 4096);
    }
    lab_generate_packets(&r, 3 * fits + 1, 1000, 9);
    for (unsigned i = 0; i < 4; i++) {
        struct lab_cpl cpl = lab_take(&r);
        uint32_t records = i < 3 ? fits : 1;
        uint32_t bytes = expect_records(expected, &r, records, 1000, 9, seq, 0);

        g_assert_cmpuint(cpl.slot, ==, i);
        g_assert_cmpuint(cpl.records, ==, records);
        g_assert_cmpuint(cpl.bytes, ==, bytes);
        g_assert_cmpuint(cpl.seq, ==, seq);
        lab_compare(t, LAB_BLOCKS(1) + i * 4096, expected, bytes);
        seq += records;
    }
    lab_end(t);
}

static void sizes_follow_the_seed(void)
{
    LabTest *t = lab_start(NULL, NULL);
    LabRing r = lab_ring(t, 0, 4);
    g_autofree uint8_t *expected = g_malloc(65536);
    uint32_t at = 0;
    struct lab_cpl cpl;

    lab_enable(&r, 0);
    lab_post(&r, 0, 65536);
    lab_q_write(&r, LAB_Q_GEN_SIZE_MIN, 0);
    lab_q_write(&r, LAB_Q_GEN_SIZE_MAX, 700);
    lab_q_write64(&r, LAB_Q_GEN_COUNT, 50);
    lab_q_write64(&r, LAB_Q_GEN_SEED, ~0ull);
    lab_q_write(&r, LAB_Q_GEN_CTRL, LAB_GEN_START);
    for (unsigned i = 0; i < 50; i++) {
        uint32_t size = lab_gen_size(~0ull, i, 0, 700);

        lab_expected_generated(expected + at, &r, size, ~0ull, i, 0, 0);
        at += lab_record_stride(size);
    }
    cpl = lab_take(&r);
    g_assert_cmpuint(cpl.records, ==, 50);
    g_assert_cmpuint(cpl.bytes, ==, at);
    lab_compare(t, LAB_BLOCKS(0), expected, at);
    lab_end(t);
}

static void every_burst_closes_its_block(void)
{
    LabTest *t = lab_start(NULL, NULL);
    LabRing r = lab_ring(t, 0, 4);
    uint8_t expected[4096];

    lab_enable(&r, 0);
    for (unsigned i = 0; i < 4; i++) {
        lab_post(&r, i, 4096);
    }
    lab_q_write(&r, LAB_Q_GEN_BURST, 5);
    lab_generate_packets(&r, 17, 64, 3);
    for (unsigned i = 0; i < 4; i++) {
        struct lab_cpl cpl = lab_take(&r);
        uint32_t records = i < 3 ? 5 : 2;
        uint32_t bytes = expect_records(expected, &r, records, 64, 3, 5 * i, i);

        g_assert_cmpuint(cpl.records, ==, records);
        lab_compare(t, LAB_BLOCKS(0) + 4096 * i, expected, bytes);
    }
    lab_wait_counter(&r, LAB_Q_CNT_DELIVERED, 17);
    g_assert_false(lab_q_read(&r, LAB_Q_STATUS) & LAB_Q_STATUS_GEN);
    lab_end(t);
}

static void records_max_limits_a_block(void)
{
    LabTest *t = lab_start(NULL, NULL);
    LabRing r = lab_ring(t, 0, 4);

    lab_q_write(&r, LAB_Q_RECORDS_MAX, 2);
    lab_enable(&r, 0);
    for (unsigned i = 0; i < 3; i++) {
        lab_post(&r, i, 4096);
    }
    lab_generate_packets(&r, 5, 64, 3);
    g_assert_cmpuint(lab_take(&r).records, ==, 2);
    g_assert_cmpuint(lab_take(&r).records, ==, 2);
    g_assert_cmpuint(lab_take(&r).records, ==, 1);
    lab_end(t);
}

static void a_gap_paces_bursts(void)
{
    LabTest *t = lab_start(NULL, NULL);
    LabRing r = lab_ring(t, 0, 4);
    struct lab_cpl cpl;
    uint8_t expected[128];

    lab_enable(&r, 0);
    for (unsigned i = 0; i < 4; i++) {
        lab_post(&r, i, 4096);
    }
    lab_q_write(&r, LAB_Q_GEN_BURST, 1);
    lab_q_write64(&r, LAB_Q_GEN_GAP, 1000000);
    lab_generate_packets(&r, 3, 64, 3);
    for (unsigned i = 0; i < 3; i++) {
        lab_take(&r);
        lab_settle(t);
        g_assert_false(lab_peek(&r, &cpl));
        lab_expected_generated(expected, &r, 64, 3, i, i, i * 1000000);
        lab_compare(t, LAB_BLOCKS(0) + i * 4096, expected, 96);
        qtest_clock_step(t->qts, 999999);
        lab_settle(t);
        g_assert_false(lab_peek(&r, &cpl));
        qtest_clock_step(t->qts, 1);
    }
    lab_end(t);
}

static void missed_bursts_are_made_up_for(void)
{
    LabTest *t = lab_start(NULL, NULL);
    LabRing r = lab_ring(t, 0, 6);

    lab_enable(&r, 0);
    for (unsigned i = 0; i < 32; i++) {
        lab_post(&r, i, 4096);
    }
    lab_q_write(&r, LAB_Q_GEN_BURST, 1);
    lab_q_write64(&r, LAB_Q_GEN_GAP, 1000);
    lab_generate_packets(&r, 0, 64, 3);
    lab_take(&r);
    qtest_clock_set(t->qts, 20500);
    lab_wait_counter(&r, LAB_Q_CNT_GENERATED, 21);
    lab_q_write(&r, LAB_Q_GEN_CTRL, LAB_GEN_STOP);
    lab_end(t);
}

static void stop_delivers_what_was_made(void)
{
    LabTest *t = lab_start(NULL, NULL);
    LabRing r = lab_ring(t, 0, 4);

    lab_enable(&r, 0);
    lab_post(&r, 0, 4096);
    lab_q_write(&r, LAB_Q_GEN_BURST, 10);
    lab_q_write(&r, LAB_Q_BLOCK_TIMEOUT, 0);
    lab_q_write64(&r, LAB_Q_GEN_GAP, 1000);
    lab_generate_packets(&r, 0, 64, 3);
    lab_take(&r);
    lab_q_write(&r, LAB_Q_GEN_CTRL, LAB_GEN_STOP);
    qtest_clock_step(t->qts, 1000000);
    lab_settle(t);
    g_assert_cmpuint(lab_q_read64(&r, LAB_Q_CNT_GENERATED), ==, 10);
    g_assert_cmpuint(lab_q_read64(&r, LAB_Q_CNT_IN_FLIGHT), ==, 0);
    lab_end(t);
}

static void a_second_run_goes_on_counting(void)
{
    LabTest *t = lab_start(NULL, NULL);
    LabRing r = lab_ring(t, 0, 4);
    uint8_t expected[4096];

    lab_enable(&r, 0);
    lab_post(&r, 0, 4096);
    lab_post(&r, 1, 4096);
    lab_generate_packets(&r, 2, 64, 3);
    lab_take(&r);
    lab_generate_packets(&r, 2, 64, 4);
    g_assert_cmpuint(lab_take(&r).seq, ==, 2);
    expect_records(expected, &r, 2, 64, 4, 2, 0);
    lab_compare(t, LAB_BLOCKS(0) + 4096, expected, 2 * 96);
    lab_end(t);
}

static void a_packet_larger_than_the_block_is_dropped(void)
{
    LabTest *t = lab_start(NULL, NULL);
    LabRing r = lab_ring(t, 0, 4);
    uint32_t largest = lab_record_max(4096);

    lab_enable(&r, 0);
    lab_post(&r, 0, 4096);
    lab_post(&r, 1, 8192);
    lab_generate_packets(&r, 3, largest + 1, 3);
    lab_wait_counter(&r, LAB_Q_CNT_DROP_SIZE, 3);
    lab_check_identity(&r);
    lab_generate_packets(&r, 1, largest, 3);
    g_assert_cmpuint(lab_take(&r).bytes, ==, 4096);
    lab_check_identity(&r);
    lab_end(t);
}

static void the_largest_block_is_filled(void)
{
    LabTest *t = lab_start(NULL, NULL);
    LabRing r = lab_ring(t, 0, 4);
    g_autofree uint8_t *expected = g_malloc(LAB_MAX_BLOCK_BYTES);

    lab_enable(&r, 0);
    lab_post(&r, 0, LAB_MAX_BLOCK_BYTES);
    lab_generate_packets(&r, 1, LAB_GEN_SIZE_LIMIT, 77);
    g_assert_cmpuint(lab_take(&r).bytes, ==, LAB_MAX_BLOCK_BYTES);
    lab_expected_generated(expected, &r, LAB_GEN_SIZE_LIMIT, 77, 0, 0, 0);
    lab_compare(t, LAB_BLOCKS(0), expected, LAB_MAX_BLOCK_BYTES);
    lab_end(t);
}

static void all_queues_generate_at_once(void)
{
    LabTest *t = lab_start("queues=16", NULL);
    LabRing r[16];

    for (unsigned q = 0; q < 16; q++) {
        r[q] = lab_ring(t, q, 4);
        lab_enable(&r[q], 0);
        lab_post(&r[q], 0, 65536);
        lab_generate_packets(&r[q], 500, 64, q);
    }
    for (unsigned q = 0; q < 16; q++) {
        uint8_t expected[96];

        g_assert_cmpuint(lab_take(&r[q]).records, ==, 500);
        lab_expected_generated(expected, &r[q], 64, q, 0, 0, 0);
        lab_compare(t, LAB_BLOCKS(q), expected, sizeof(expected));
        lab_check_identity(&r[q]);
    }
    lab_end(t);
}

static const LabCase cases[] = {
    { "three packets fill one block, byte for byte",
      three_packets_fill_one_block_byte_for_byte },
    { "bytes behind the records stay as they were",
      bytes_behind_the_records_stay_as_they_were },
    { "packets are packed over blocks", packets_are_packed_over_blocks },
    { "sizes follow the seed", sizes_follow_the_seed },
    { "every burst closes its block", every_burst_closes_its_block },
    { "records_max limits a block", records_max_limits_a_block },
    { "a gap paces bursts", a_gap_paces_bursts },
    { "missed bursts are made up for", missed_bursts_are_made_up_for },
    { "stop delivers what was made", stop_delivers_what_was_made },
    { "a second run goes on counting", a_second_run_goes_on_counting },
    { "a packet larger than the block is dropped and counted",
      a_packet_larger_than_the_block_is_dropped },
    { "the largest block is filled", the_largest_block_is_filled },
    { "sixteen queues generate at once", all_queues_generate_at_once },
};

int main(void)
{
    return lab_run_cases(cases, ARRAY_SIZE(cases));
}
