// SPDX-License-Identifier: MIT
/*
 * A burst on one queue, or on all of them in parallel: a process and a file a
 * queue.  Threads would share one address space, and each block that vanishes
 * from it then interrupts the other CPUs: on two emulated ones, four threads
 * got a fifteenth of the packets that four processes get.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "burst.h"

#define TICK_NS		20000000	/* from look to look at the processes */
#define START_TICK_NS	200000

static int open_queue(struct burst_run *run, struct receiver *rx, uint32_t queue)
{
	const struct burst_config *config = &run->config;
	int ret = open_device(&rx->lab);

	if (ret)
		return ret;
	burst_setup(config, queue, &rx->setup);
	ret = lab_setup(rx->lab, &rx->setup);
	if (ret == -EBUSY)
		return fail_busy(rx->lab, queue, false);
	if (ret)
		return fail_system(ret, "setting up a queue of %u blocks of order %u",
				   config->depth, config->order);
	rx->config = config;
	rx->stop = &run->stop;
	rx->check.queue = rx->setup.queue;
	rx->check.seed = config->seed + rx->setup.queue;
	rx->check.size = config->size;
	rx->check.burst = config->burst;
	rx->check.mode = burst_mode(config);
	rx->check.headers_only = config->no_verify;
	return STATUS_OK;
}

static int start_generator(const struct burst_config *config, struct receiver *rx)
{
	struct lab_burst burst = {
		.count = config->count,
		.seed = rx->check.seed,
		.size_min = config->size.min,
		.size_max = config->size.max,
		.burst = config->burst,
		.mode = rx->check.mode,
		.gap_ns = config->gap_ns,
	};
	int ret;

	rx->start_ns = monotonic_ns();
	rx->last_ns = rx->start_ns;
	ret = lab_burst_start(rx->lab, &burst);
	return ret ? fail_system(ret, "starting the generator of queue %u", rx->setup.queue) :
		     STATUS_OK;
}

/* All queues start together, or none does */
static bool wait_for_go(struct burst_run *run)
{
	while (atomic_load(&run->start) == START_WAIT)
		sleep_ns(START_TICK_NS);
	return atomic_load(&run->start) == START_GO;
}

/* The process of one queue */
static void __attribute__((noreturn)) child(struct burst_run *run, struct receiver *rx,
					    uint32_t queue)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	rx->status = open_queue(run, rx, queue);
	atomic_store(&rx->state, rx->status ? RECEIVER_DONE : RECEIVER_READY);
	if (!rx->status && wait_for_go(run)) {
		rx->status = start_generator(&run->config, rx);
		if (!rx->status)
			receive(rx);
	}
	lab_close(rx->lab);
	atomic_store(&rx->state, RECEIVER_DONE);
	_exit(0);
}

/* A child that died by itself did not get to say so */
static void reap(struct receiver *rx)
{
	int how;

	if (rx->pid <= 0 || waitpid(rx->pid, &how, WNOHANG) != rx->pid)
		return;
	rx->pid = 0;
	if (atomic_exchange(&rx->state, RECEIVER_DONE) == RECEIVER_DONE)
		return;
	fail("the process of a queue ended by signal %d", WIFSIGNALED(how) ? WTERMSIG(how) : 0);
	rx->status = STATUS_FAILED;
}

static int start_child(struct burst_run *run, struct receiver *rx, uint32_t queue)
{
	pid_t pid;

	fflush(NULL);	/* or the child would write it again */
	pid = fork();	/* not into @rx, which the child shares */
	if (!pid)
		child(run, rx, queue);
	if (pid < 0)
		return fail_system(errno, "starting a process");
	rx->pid = pid;
	while (rx->pid > 0 && atomic_load(&rx->state) == RECEIVER_NEW) {
		sleep_ns(START_TICK_NS);
		reap(rx);
	}
	return rx->status;
}

/* One after the other, so that the first that fails is the only one to say so */
static int start_children(struct burst_run *run)
{
	bool all = run->config.queue == QUEUE_ALL;
	int ret = STATUS_OK;

	for (uint32_t i = 0; !ret && i < run->nr; i++)
		ret = start_child(run, &run->receivers[i], all ? i : run->config.queue);
	return ret;
}

static int worst_status(const struct burst_run *run)
{
	for (uint32_t i = 0; i < run->nr; i++)
		if (run->receivers[i].status)
			return run->receivers[i].status;
	return STATUS_OK;
}

static bool all_finished(struct burst_run *run)
{
	bool finished = true;

	for (uint32_t i = 0; i < run->nr; i++) {
		reap(&run->receivers[i]);
		finished = finished && run->receivers[i].pid <= 0;
	}
	return finished;
}

static bool time_is_up(const struct burst_run *run)
{
	return run->config.seconds &&
	       monotonic_ns() - run->started_ns >= run->config.seconds * 1000000000ull;
}

/* The children wait for packets and bound that; this waits for the children */
static void wait_for_children(struct burst_run *run, burst_draw *draw, void *arg)
{
	while (!all_finished(run)) {
		if (!run->stopped_early && (time_is_up(run) || interrupted())) {
			run->stopped_early = true;
			atomic_store(&run->stop, true);
		}
		if (draw)
			draw(run, arg);
		sleep_ns(TICK_NS);
	}
}

/* What the driver still holds of queues that are closed */
static void count_held(struct burst_run *run)
{
	struct lab_stats stats;
	struct lab *lab;

	if (open_device(&lab))
		return;
	for (uint32_t i = 0; i < run->nr; i++) {
		struct receiver *rx = &run->receivers[i];

		if (lab_stats(lab, rx->setup.queue, &stats) || (stats.flags & LAB_STATS_ACTIVE))
			continue;
		rx->held = stats.held;
		rx->released = stats.released;
	}
	lab_close(lab);
}

static int check_device(struct burst_run *run)
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
	run->nr = run->config.queue != QUEUE_ALL ? 1 :
		  info.num_queues < LAB_MAX_QUEUES ? info.num_queues : LAB_MAX_QUEUES;
	return STATUS_OK;
}

/**
 * burst_execute - set up, generate, receive, close
 * @run: of burst_run_new(), its config resolved; takes the results
 * @draw: called now and then with @arg while it runs, or NULL
 * @arg: for @draw
 *
 * Return: exit status; what went wrong has been said.  0 does not mean that
 * the packets were right: see verdict().
 */
int burst_execute(struct burst_run *run, burst_draw *draw, void *arg)
{
	int ret = check_device(run);

	if (ret)
		return ret;
	ret = start_children(run);
	run->started_ns = monotonic_ns();
	atomic_store(&run->start, ret ? START_NOT : START_GO);
	wait_for_children(run, draw, arg);
	if (!ret)
		ret = worst_status(run);
	if (!ret)
		count_held(run);
	return ret;
}

/**
 * burst_run_new - a run in memory that its processes share
 * @config: resolved, or NULL
 *
 * Return: the run, to be given to burst_run_free(); NULL without memory.
 */
struct burst_run *burst_run_new(const struct burst_config *config)
{
	struct burst_run *run = mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (run == MAP_FAILED)
		return NULL;
	if (config)
		run->config = *config;
	return run;
}

void burst_run_free(struct burst_run *run)
{
	munmap(run, sizeof(*run));
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
