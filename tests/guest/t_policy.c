// SPDX-License-Identifier: MIT
/* How a queue gets its blocks: tuned in the middle of a burst, accounted exactly. */
#include "guest.h"

#include <unistd.h>

#define COUNT	3000

static struct guest_queue q;

static void open_queue(uint32_t order)
{
	struct lab_setup setup = guest_setup(0);

	setup.order = order;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
}

static void close_queue(void)
{
	guest_close(&q);
	CU_ASSERT_EQUAL(guest_sysfs(0, "held"), guest_sysfs(0, "released"));
}

static void receive(uint64_t count)
{
	struct guest_tally tally;

	CU_ASSERT_EQUAL(guest_burst(&q, count, 64, 1500), 0);
	CU_ASSERT_EQUAL(guest_receive(&q, count, 64, 1500, &tally), 0);
	CU_ASSERT_EQUAL(tally.packets, count);
	CU_ASSERT_EQUAL(tally.corrupt + tally.lost, 0);
}

static void accounting_is_exact(void)
{
	struct lab_stats s = guest_stats(q.fd, LAB_QUEUE_ANY);

	CU_ASSERT_EQUAL(s.generated, s.dev_delivered + s.drop_fifo + s.drop_size + s.drop_stop +
			s.dev_in_flight);
	CU_ASSERT_EQUAL(s.dev_delivered, s.delivered + s.ready_packets + s.drop_invalid);
	CU_ASSERT_EQUAL(s.alloc_atomic + s.alloc_fallback + s.alloc_process, s.held);
}

static int tune(struct lab_tune t)
{
	return guest_ioctl(q.fd, LAB_IOC_TUNE, &t);
}

static void a_queue_can_be_tuned_at_any_time(void)
{
	struct lab_tune t;
	struct lab_stats s;

	open_queue(0);
	t = guest_tune(&q.setup);
	receive(COUNT);
	accounting_is_exact();
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT_EQUAL(s.alloc_recycled, 0);
	CU_ASSERT_EQUAL(s.policy, LAB_POLICY_ATOMIC);
	t.policy = LAB_POLICY_RECYCLE;
	CU_ASSERT_EQUAL(tune(t), 0);
	receive(COUNT);
	accounting_is_exact();
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT(s.alloc_recycled > 0);
	CU_ASSERT_EQUAL(s.policy, LAB_POLICY_RECYCLE);
	t.refill = LAB_REFILL_THREADED;
	t.budget = 1;
	CU_ASSERT_EQUAL(tune(t), 0);
	receive(COUNT);
	accounting_is_exact();
	s = guest_stats(q.fd, LAB_QUEUE_ANY);
	CU_ASSERT_EQUAL(s.refill, LAB_REFILL_THREADED);
	CU_ASSERT_EQUAL(s.budget, 1);
	close_queue();
}

static void a_reserve_grows_and_shrinks(void)
{
	struct lab_tune t;

	open_queue(1);
	t = guest_tune(&q.setup);
	t.reserve = 16;
	CU_ASSERT_EQUAL(tune(t), 0);
	CU_ASSERT(guest_reserved(q.fd, 16));
	t.reserve = 3;
	CU_ASSERT_EQUAL(tune(t), 0);
	CU_ASSERT(guest_reserved(q.fd, 3));
	receive(COUNT);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).alloc_reserve, 0);
	accounting_is_exact();
	close_queue();
}

#define REFUSES(field, value)						\
	do {								\
		t = guest_tune(&q.setup);					\
		t.field = (value);					\
		CU_ASSERT_EQUAL(tune(t), -EINVAL);			\
	} while (0)

static void tuning_refuses_what_is_out_of_range(void)
{
	struct lab_tune t;

	open_queue(1);
	REFUSES(flags, 1);
	REFUSES(policy, 2);
	REFUSES(refill, 2);
	REFUSES(min_order, 2);
	REFUSES(reserve, 1025);
	REFUSES(irq_count, 0);
	REFUSES(irq_count, 2);
	REFUSES(irq_count, 5);
	REFUSES(budget, 9);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).budget, q.setup.budget);
	close_queue();
}

static void a_reserve_beyond_the_memory_limit_is_enospc(void)
{
	struct lab_tune t;

	open_queue(guest_max_order() < 9 ? guest_max_order() : 9);
	t = guest_tune(&q.setup);
	t.reserve = 1024;
	CU_ASSERT_EQUAL(tune(t), -ENOSPC);
	CU_ASSERT_EQUAL(guest_stats(q.fd, LAB_QUEUE_ANY).reserve, 0);
	close_queue();
}

static void a_budget_of_one_still_delivers_all(void)
{
	struct lab_setup setup = guest_setup(0);

	setup.budget = 1;
	setup.depth = 64;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	receive(COUNT);
	accounting_is_exact();
	close_queue();
}

static void moderation_saves_interrupts(void)
{
	struct lab_setup setup = guest_setup(0);

	setup.depth = 64;
	setup.irq_count = 16;
	setup.irq_ns = 1000000;
	CU_ASSERT_EQUAL_FATAL(guest_open(&q, &setup), 0);
	receive(COUNT);
	CU_ASSERT(guest_stats(q.fd, LAB_QUEUE_ANY).dev_irqs <
		  guest_stats(q.fd, LAB_QUEUE_ANY).dev_blocks);
	close_queue();
}

static CU_TestInfo tests[] = {
	TAP_TEST(a_queue_can_be_tuned_at_any_time),
	TAP_TEST(a_reserve_grows_and_shrinks),
	TAP_TEST(tuning_refuses_what_is_out_of_range),
	TAP_TEST(a_reserve_beyond_the_memory_limit_is_enospc),
	TAP_TEST(a_budget_of_one_still_delivers_all),
	TAP_TEST(moderation_saves_interrupts),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "policy", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
