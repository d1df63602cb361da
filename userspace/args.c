// SPDX-License-Identifier: MIT
#include "args.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/**
 * args_fail - put one line about what is wrong into @error
 * @error: returns the line
 * @format: as printf()
 *
 * Return: -1.
 */
int args_fail(struct args_error *error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	return -1;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* k, M, G are powers of 1000; Ki, Mi, Gi powers of 1024; 0: no suffix known */
static uint64_t suffix_factor(const char *suffix)
{
	static const struct {
		const char *name;
		uint64_t factor;
	} suffixes[] = {
		{ "", 1 }, { "k", 1000 }, { "M", 1000000 }, { "G", 1000000000 },
		{ "Ki", 1ull << 10 }, { "Mi", 1ull << 20 }, { "Gi", 1ull << 30 },
	};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (!strcmp(suffix, suffixes[i].name))
			return suffixes[i].factor;
	return 0;
}

/**
 * args_number - a number, strictly: digits (or 0x and hex digits), one suffix
 * @text: the whole text
 * @value: returns it
 *
 * Return: 0, or -1 for anything else and for what exceeds 64 bits.
 */
int args_number(const char *text, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	uint64_t base = hex ? 16 : 10, sum = 0, factor;
	const char *at = hex ? text + 2 : text;
	const char *first = at;

	for (; (uint64_t)digit_of(*at) < base; at++)
		if (__builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit_of(*at), &sum))
			return -1;
	factor = suffix_factor(at);
	if (at == first || !factor || __builtin_mul_overflow(sum, factor, &sum))
		return -1;
	*value = sum;
	return 0;
}

/* What else than a number would do, for a text that is none */
static const char *other_form(const struct opt *opt, const char *text)
{
	uint64_t value;

	if (!args_number(text, &value))
		return "";
	return opt->kind == OPT_SPAN ? ", or MIN-MAX" : opt->kind == OPT_QUEUE ? ", or all" : "";
}

static int out_of_range(const struct opt *opt, const char *text, struct args_error *error)
{
	return args_fail(error, "--%s %s: expected %s%" PRIu64 " to %" PRIu64 "%s%s%s", opt->name,
			 text, opt->kind == OPT_POWER ? "a power of two, " : "", opt->min, opt->max,
			 opt->unit ? " " : "", opt->unit ? opt->unit : "",
			 other_form(opt, text));
}

static int set_number(const struct opt *opt, const char *text, struct args_error *error)
{
	uint64_t value;

	if (args_number(text, &value) || value < opt->min || value > opt->max ||
	    (opt->kind == OPT_POWER && (value & (value - 1))))
		return out_of_range(opt, text, error);
	if (opt->kind == OPT_U64)
		*(uint64_t *)opt->value = value;
	else
		*(uint32_t *)opt->value = (uint32_t)value;
	return 0;
}

static int set_span(const struct opt *opt, const char *text, struct args_error *error)
{
	const char *dash = strchr(text, '-');
	char low[32];
	uint64_t min, max;

	snprintf(low, sizeof(low), "%.*s", dash ? (int)(dash - text) : (int)strlen(text), text);
	if (args_number(low, &min) || args_number(dash ? dash + 1 : low, &max) ||
	    min < opt->min || max > opt->max)
		return out_of_range(opt, text, error);
	if (min > max)
		return args_fail(error, "--%s %s: expected MIN-MAX with MIN not above MAX",
				 opt->name, text);
	*(struct span *)opt->value = (struct span){ (uint32_t)min, (uint32_t)max };
	return 0;
}

static int set_choice(const struct opt *opt, const char *text, struct args_error *error)
{
	char words[128] = "";

	for (uint32_t i = 0; opt->choices[i]; i++) {
		if (!strcmp(text, opt->choices[i])) {
			*(uint32_t *)opt->value = i;
			return 0;
		}
		snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s%s",
			 i ? " or " : "", opt->choices[i]);
	}
	return args_fail(error, "--%s %s: expected %s", opt->name, text, words);
}

static int set_value(const struct opt *opt, const char *text, struct args_error *error)
{
	switch (opt->kind) {
	case OPT_STRING:
		*(const char **)opt->value = text;
		return 0;
	case OPT_CHOICE:
		return set_choice(opt, text, error);
	case OPT_SPAN:
		return set_span(opt, text, error);
	case OPT_QUEUE:
		if (strcmp(text, "all"))
			return set_number(opt, text, error);
		*(uint32_t *)opt->value = QUEUE_ALL;
		return 0;
	default:
		return set_number(opt, text, error);
	}
}

/* "-d0" is -d with its value, but "-h0" nothing */
static bool opt_is(const struct opt *opt, const char *arg, size_t len)
{
	if (arg[1] != '-')
		return opt->letter && arg[1] == opt->letter && (len == 2 || opt->kind != OPT_FLAG);
	return strlen(opt->name) == len - 2 && !memcmp(opt->name, arg + 2, len - 2);
}

/* @len: of @arg before its '=' */
static const struct opt *find_opt(const struct opt *const *tables, const char *arg, size_t len)
{
	for (; *tables; tables++)
		for (const struct opt *opt = *tables; opt->name; opt++)
			if (opt_is(opt, arg, len))
				return opt;
	return NULL;
}

/* Takes argv[0] and, if the option wants one and has no '=', argv[1] */
static int parse_one(const struct opt *const *tables, int argc, char **argv,
		     struct args_error *error)
{
	const bool letter = strncmp(argv[0], "--", 2);
	const char *equals = letter ? NULL : strchr(argv[0], '=');
	size_t len = equals ? (size_t)(equals - argv[0]) : strlen(argv[0]);
	const struct opt *opt = find_opt(tables, argv[0], len);
	const char *value = equals ? equals + 1 : letter && len > 2 ? argv[0] + 2 : NULL;

	if (!opt)
		return args_fail(error, "%.*s: unknown option", (int)len, argv[0]);
	if (opt->kind == OPT_FLAG) {
		if (equals)
			return args_fail(error, "%.*s: takes no value", (int)len, argv[0]);
		*(bool *)opt->value = true;
		return 1;
	}
	if (!value && argc < 2)
		return args_fail(error, "%s: expected a value, %s", argv[0], opt->arg);
	if (set_value(opt, value ? value : argv[1], error))
		return -1;
	return value ? 1 : 2;
}

/**
 * args_parse - set what the arguments say
 * @tables: tables of options, NULL at the end; the first that knows a name wins
 * @argc: arguments
 * @argv: without the program's name
 * @error: returns one line if something is wrong
 *
 * Return: how many were taken: all, or those before the first that is no
 * option; -1 if something is wrong.
 */
int args_parse(const struct opt *const *tables, int argc, char **argv, struct args_error *error)
{
	int i, taken;

	for (i = 0; i < argc && argv[i][0] == '-'; i += taken) {
		taken = parse_one(tables, argc - i, argv + i, error);
		if (taken < 0)
			return -1;
	}
	return i;
}

/**
 * args_help - print one line an option
 * @out: where to
 * @table: the options
 */
void args_help(FILE *out, const struct opt *table)
{
	for (; table->name; table++) {
		char left[48];

		snprintf(left, sizeof(left), "%s%c%s--%s %s", table->letter ? "-" : "",
			 table->letter ? table->letter : ' ', table->letter ? ", " : "   ",
			 table->name, table->arg ? table->arg : "");
		fprintf(out, "  %-30s %s\n", left, table->help);
	}
}
