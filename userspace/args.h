/* SPDX-License-Identifier: MIT */
/*
 * Options as tables: one line an option gives its name, range, unit and help.
 * getopt_long() would accept abbreviations and cannot tell a range.
 */
#ifndef LABCTL_ARGS_H
#define LABCTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define QUEUE_ALL	0xfffffffeu
#define U32_UNSET	0xffffffffu

enum opt_kind {
	OPT_FLAG,	/* bool */
	OPT_U32,	/* uint32_t, min to max */
	OPT_POWER,	/* uint32_t, a power of two, min to max */
	OPT_U64,	/* uint64_t, min to max */
	OPT_SPAN,	/* struct span: N, or MIN-MAX */
	OPT_QUEUE,	/* uint32_t: a number, or "all" as QUEUE_ALL */
	OPT_CHOICE,	/* uint32_t: index of the word in choices */
	OPT_STRING,	/* const char * */
};

struct span {
	uint32_t min;
	uint32_t max;
};

/**
 * struct opt - one option; a table ends with a NULL name
 * @name: without the dashes
 * @letter: one-letter form, or 0
 * @kind: what follows it
 * @value: where it goes, as @kind says
 * @min: smallest number
 * @max: largest number
 * @unit: of the number, for messages: "bytes", or NULL
 * @choices: words of OPT_CHOICE, NULL at the end
 * @arg: what stands for the value in the help: "N"
 * @help: one line
 */
struct opt {
	const char *name;
	char letter;
	enum opt_kind kind;
	void *value;
	uint64_t min;
	uint64_t max;
	const char *unit;
	const char *const *choices;
	const char *arg;
	const char *help;
};

struct args_error {
	char text[256];
};

int args_number(const char *text, uint64_t *value);
int args_parse(const struct opt *const *tables, int argc, char **argv, struct args_error *error);
int args_fail(struct args_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void args_help(FILE *out, const struct opt *table);

#endif
