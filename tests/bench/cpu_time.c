// SPDX-License-Identifier: MIT
/* CPU time of another process, thread by thread, from /proc */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu_time.h"

#define MAX_THREADS	256

/**
 * struct thread - a thread, as seen last
 * @tid: 0: unused
 * @ticks: of CPU time
 */
struct thread {
	int tid;
	uint64_t ticks;
};

static struct thread threads[MAX_THREADS];

/* User and system time: fields 14 and 15; the name before may hold anything but ')' last */
static uint64_t thread_ticks(pid_t pid, int tid)
{
	unsigned long long user = 0, system = 0;
	char path[64], line[1024] = "";
	const char *name_end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, tid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	name_end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	if (name_end)
		sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
		       &user, &system);
	fclose(file);
	return user + system;
}

/* One that is new counts from its beginning; those beyond the table share its last entry */
static struct thread *find_thread(int tid)
{
	int i = 0;

	while (i < MAX_THREADS - 1 && threads[i].tid && threads[i].tid != tid)
		i++;
	if (threads[i].tid != tid)
		threads[i] = (struct thread){ .tid = tid };
	return &threads[i];
}

static uint64_t used_since(pid_t pid, int tid)
{
	struct thread *thread = find_thread(tid);
	uint64_t ticks = thread_ticks(pid, tid), used;

	used = ticks > thread->ticks ? ticks - thread->ticks : 0;
	thread->ticks = ticks;
	return used * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}

void cpu_time(pid_t pid, uint64_t *all, uint64_t *busiest)
{
	struct dirent *entry;
	char path[64];
	DIR *tasks;

	*all = *busiest = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		int tid = atoi(entry->d_name);
		uint64_t used = tid ? used_since(pid, tid) : 0;

		*all += used;
		*busiest = used > *busiest ? used : *busiest;
	}
	if (tasks)
		closedir(tasks);
}
