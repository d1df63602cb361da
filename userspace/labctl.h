/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_H
#define LABCTL_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "args.h"
#include "liblabyrinth.h"

/* Exit status */
enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,	/* the check failed */
	STATUS_USAGE = 2,
	STATUS_NO_DEVICE = 3,
	STATUS_REFUSED = 4,	/* by the system */
};

/**
 * struct command - a subcommand
 * @name: as typed
 * @summary: one line for the list of commands
 * @text: what it does, for its own help
 * @example: one line to type, and what follows from it
 * @options: its tables of options, NULL at the end; the global ones come on top
 * @operand: what else it takes, one, as its help calls it; NULL: nothing
 * @operand_value: where that goes
 * @prepare: sets the defaults of its options, or NULL
 * @run: does it. Return: exit status
 */
struct command {
	const char *name;
	const char *summary;
	const char *text;
	const char *example;
	const struct opt *const *options;
	const char *operand;
	const char **operand_value;
	void (*prepare)(void);
	int (*run)(void);
};

extern const struct command cmd_list, cmd_info, cmd_stats, cmd_reset, cmd_irq, cmd_burst,
	cmd_stress, cmd_capture, cmd_send, cmd_inject;

/**
 * struct globals - options of every command
 * @device: number, PCI address or path; NULL: the first device
 * @json: one object on stdout, all else on stderr
 */
struct globals {
	const char *device;
	bool json;
	bool help;
	bool version;
};

extern struct globals globals;

/* output.c */
FILE *human(void);
int print_json(json_t *object);
int stdout_failed(int error);
int finish_stdout(int status);
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fail_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fail_system(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));
int fail_file(int error, const char *path);

/* units.c: text for humans, in one of a few static buffers */
const char *text_count(uint64_t n);
const char *text_si(double value, const char *unit);
const char *text_bytes(uint64_t bytes);
const char *text_ns(uint64_t ns);

/* progress.c: a line on stderr, if that is a terminal, from two seconds on */
struct progress {
	uint64_t start_ns;
	bool drawn;
};
void progress_start(struct progress *progress);
void progress_draw(struct progress *progress, double done, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void progress_end(struct progress *progress);

/* clock.c: time, and the wish to stop */
void catch_signals(void);
bool interrupted(void);
void interrupt(void);
uint64_t monotonic_ns(void);
void sleep_ns(uint64_t ns);

/**
 * struct device_clock - how far the device's clock is behind others
 * @to_monotonic_ns: device clock + this = CLOCK_MONOTONIC
 * @to_realtime_ns: device clock + this = CLOCK_REALTIME
 * @sampled_ns: when that was measured, CLOCK_MONOTONIC
 */
struct device_clock {
	int64_t to_monotonic_ns;
	int64_t to_realtime_ns;
	uint64_t sampled_ns;
};
int clock_update(struct device_clock *clock, struct lab *lab, uint64_t now_ns);

/* faults.c: misbehaviour that a device may be asked for */
int faults_parse(const char *text, uint32_t *faults, struct args_error *error);
#define FAULTS_TEXT	320	/* bytes for all names */
void faults_format(char *text, size_t bytes, uint32_t faults);
void faults_print(FILE *out);
json_t *faults_json(void);

/* device.c */
#define MAX_NODES	64
struct node {
	char path[PATH_MAX];
	char bdf[16];		/* PCI address, "" if unknown */
};
int find_nodes(struct node *nodes);
int find_device(struct node *node);
int open_device(struct lab **lab);
int fail_busy(struct lab *lab, uint32_t queue, bool wire);

#endif
