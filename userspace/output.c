// SPDX-License-Identifier: MIT
/* What goes where: results to stdout, everything human elsewhere with --json */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "labctl.h"

FILE *human(void)
{
	return globals.json ? stderr : stdout;
}

/* Takes @object. Return: exit status. */
int print_json(json_t *object)
{
	int ret = json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));

	json_decref(object);
	putchar('\n');
	if (ret || fflush(stdout)) {
		fail("writing to stdout failed");
		return STATUS_REFUSED;
	}
	return STATUS_OK;
}

static void vfail(const char *format, va_list ap)
{
	fflush(stdout);
	fputs("labctl: ", stderr);
	vfprintf(stderr, format, ap);
}

/* One line on stderr */
void fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfail(format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* Return: STATUS_USAGE */
int fail_usage(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfail(format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return STATUS_USAGE;
}

static const char *advice(int error)
{
	switch (error) {
	case EACCES:
		return "be root, or join the group labyrinth";
	case EPERM:
		return "this needs CAP_SYS_ADMIN: run it as root";
	case EBUSY:
		return "another process has it: fuser /dev/labyrinth* tells which; or choose another --queue";
	case ENOMEM:
		return "try a smaller --depth, --order or --reserve, or free some memory";
	case ENOSPC:
		return "all queues together hold as much as the device may: try a smaller --depth or --order";
	case ENODEV:
		return "the device was unplugged, or unbound from its driver";
	case EIO:
		return "the device stopped the queue: labctl stats shows why; labctl reset starts it anew";
	case EOPNOTSUPP:
		return "the device has no wire: give it one, -device labyrinth,netdev=ID";
	case EINVAL:
		return "the driver refused the parameters: labctl info shows its limits";
	case ENOTTY:
		return "the file is not a Labyrinth device, or its driver is older than labctl";
	default:
		return NULL;
	}
}

/**
 * fail_system - say what the system refused, and what to do about it
 * @error: errno, positive or negative
 * @format: what was tried
 *
 * Return: STATUS_REFUSED.
 */
int fail_system(int error, const char *format, ...)
{
	va_list ap;
	const char *hint;

	if (error < 0)
		error = -error;
	hint = advice(error);
	va_start(ap, format);
	vfail(format, ap);
	va_end(ap);
	fprintf(stderr, ": %s%s%s\n", strerror(error), hint ? "; " : "", hint ? hint : "");
	return STATUS_REFUSED;
}
