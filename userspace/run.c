// SPDX-License-Identifier: MIT
/* A burst on one queue, or on all of them in parallel: a thread and a file a queue */
#include <errno.h>

#include "burst.h"

#define TICK_NS		20000000	/* from look to look at the threads */

static int open_queue(struct burst_run *run, struct receiver *rx, uint32_t queue)
{
	int ret = open_device(&rx->lab);

	if (ret)
		return ret;
	burst_setup(&run->config, queue, &rx->setup);
	ret = lab_setup(rx->lab, &rx->setup);
	if (ret == -EBUSY && queue == LAB_QUEUE_ANY)
		return fail_system(ret, "every queue");
	if (ret == -EBUSY)
		return fail_system(ret, "queue %u", queue);
	if (ret)
		return fail_system(ret, "setting up a queue of %u blocks of order %u",
				   run->config.depth, run->config.order);
	rx->config = &run->config;
	rx->check.queue = rx->setup.queue;
	rx->check.seed = run->config.seed + rx->setup.queue;
	rx->check.size = run->config.size;
	rx->check.burst = run->config.burst;
	rx->check.headers_only = run->config.no_verify;
	return STATUS_OK;
}

static int check_device(const struct burst_run *run, uint32_t *num_queues)
{
	struct args_error error;
	struct lab_info info;
	struct lab *lab;
	int ret = open_device(&lab);

	if (ret)
		return ret;
	ret = lab_info(lab, &info);
	lab_close(lab);
	if (ret)
		return fail_system(ret, "reading the device's limits");
	if (burst_check_limits(&run->config, &info, &error))
		return fail_usage("%s", error.text);
	*num_queues = info.num_queues < LAB_MAX_QUEUES ? info.num_queues : LAB_MAX_QUEUES;
	return STATUS_OK;
}

static int open_queues(struct burst_run *run)
{
	bool all = run->config.queue == QUEUE_ALL;
	uint32_t num_queues = 0;
	int ret = check_device(run, &num_queues);

	run->nr = all ? num_queues : 1;
	for (uint32_t i = 0; !ret && i < run->nr; i++)
		ret = open_queue(run, &run->receivers[i], all ? i : run->config.queue);
	return ret;
}

static int start_queue(const struct burst_config *config, struct receiver *rx)
{
	struct lab_burst burst = {
		.count = config->count,
		.seed = rx->check.seed,
		.size_min = config->size.min,
		.size_max = config->size.max,
		.burst = config->burst,
		.gap_ns = config->gap_ns,
	};
	int ret;

	rx->start_ns = monotonic_ns();
	rx->last_ns = rx->start_ns;
	ret = lab_burst_start(rx->lab, &burst);
	if (ret)
		return fail_system(ret, "starting the generator of queue %u", rx->setup.queue);
	ret = pthread_create(&rx->thread, NULL, receive_thread, rx);
	return ret ? fail_system(ret, "starting a thread") : STATUS_OK;
}

static bool all_finished(struct burst_run *run, uint32_t started)
{
	for (uint32_t i = 0; i < started; i++)
		if (!atomic_load(&run->receivers[i].finished))
			return false;
	return true;
}

static void stop_all(struct burst_run *run, uint32_t started)
{
	for (uint32_t i = 0; i < started; i++)
		atomic_store(&run->receivers[i].stop, true);
	run->stopped_early = true;
}

static bool time_is_up(const struct burst_run *run)
{
	return run->config.seconds &&
	       monotonic_ns() - run->started_ns >= run->config.seconds * 1000000000ull;
}

/* The threads wait for packets and bound that; this waits for the threads */
static void wait_for_threads(struct burst_run *run, uint32_t started, burst_draw *draw, void *arg)
{
	while (!all_finished(run, started)) {
		if (!run->stopped_early && (time_is_up(run) || interrupted()))
			stop_all(run, started);
		if (draw)
			draw(run, arg);
		sleep_ns(TICK_NS);
	}
	for (uint32_t i = 0; i < started; i++)
		pthread_join(run->receivers[i].thread, NULL);
}

/**
 * burst_execute - set up, generate, receive, close
 * @run: with a resolved config; all else 0.  Takes the results.
 * @draw: called now and then with @arg while it runs, or NULL
 * @arg: for @draw
 *
 * Return: exit status; what went wrong has been said.  0 does not mean that
 * the packets were right: see verdict().
 */
int burst_execute(struct burst_run *run, burst_draw *draw, void *arg)
{
	uint32_t started = 0;
	int ret = open_queues(run);

	run->started_ns = monotonic_ns();
	while (!ret && started < run->nr) {
		ret = start_queue(&run->config, &run->receivers[started]);
		started += !ret;
	}
	if (ret)
		stop_all(run, started);
	wait_for_threads(run, started, draw, arg);
	for (uint32_t i = 0; i < run->nr; i++)
		lab_close(run->receivers[i].lab);
	return ret;
}

uint64_t burst_packets(const struct burst_run *run)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < run->nr; i++)
		sum += atomic_load_explicit(&run->receivers[i].seen_packets, memory_order_relaxed);
	return sum;
}

uint64_t burst_bytes(const struct burst_run *run)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < run->nr; i++)
		sum += atomic_load_explicit(&run->receivers[i].seen_bytes, memory_order_relaxed);
	return sum;
}
