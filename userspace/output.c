// SPDX-License-Identifier: MIT
/* What goes to stdout, what to stderr, and the exit status that errors mean */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "labctl.h"

/* Text for people: on stdout, unless a JSON object is to be alone there */
FILE *human(void)
{
	return globals.json ? stderr : stdout;
}

/* Of the first write to stdout that failed, 0: none is known to have */
static int stdout_error;

/**
 * stdout_failed - remember why, for finish_stdout() to say it once
 * @error: errno, positive or negative
 *
 * Return: STATUS_REFUSED.
 */
int stdout_failed(int error)
{
	if (!stdout_error)
		stdout_error = error;
	return STATUS_REFUSED;
}

/**
 * print_json - print one object on stdout, and free it
 * @object: the object
 *
 * Return: STATUS_OK; STATUS_REFUSED if stdout did not take it, which
 * finish_stdout() is to say.
 */
int print_json(json_t *object)
{
	const size_t flags = JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9);
	bool failed;
	int error;

	if (!object)
		return fail_system(ENOMEM, "JSON");
	failed = json_dumpf(object, stdout, flags) || putchar('\n') == EOF || fflush(stdout);
	error = errno;
	json_decref(object);
	return failed ? stdout_failed(error) : STATUS_OK;
}

/**
 * finish_stdout - find out at the end whether stdout took all, and say if not
 * @status: exit status so far
 *
 * Return: @status; if it was STATUS_OK and stdout failed, STATUS_REFUSED.
 */
int finish_stdout(int status)
{
	if (fflush(stdout))
		stdout_failed(errno);
	else if (ferror(stdout))
		stdout_failed(EIO);	/* nobody looked when it happened */
	if (!stdout_error)
		return status;
	fail_file(stdout_error, "stdout");
	return status ? status : STATUS_REFUSED;
}

static void print_line(const char *format, va_list ap)
{
	fputs("labctl: ", stderr);
	vfprintf(stderr, format, ap);
}

/* One line on stderr */
void fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_line(format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* One line on stderr. Return: STATUS_USAGE. */
int fail_usage(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_line(format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return STATUS_USAGE;
}

static const struct {
	int error;
	int status;
	const char *text;
} system_errors[] = {
	{ EACCES, STATUS_REFUSED, "permission denied: be root or in the group labyrinth" },
	{ EPERM, STATUS_REFUSED, "not permitted: it needs CAP_SYS_ADMIN, so run it as root" },
	{ EBUSY, STATUS_REFUSED, "in use by another process: wait for it, or take another queue" },
	{ ENOMEM, STATUS_REFUSED, "not enough memory: try a smaller --order, --depth or --reserve" },
	{ ENOSPC, STATUS_REFUSED,
	  "all queues together would hold too many blocks: try a smaller --order, --depth or "
	  "--reserve, or load the driver with a larger limit_mib" },
	{ EOPNOTSUPP, STATUS_REFUSED, "the device has no wire: give it one with -device labyrinth,netdev=ID" },
	{ ENODEV, STATUS_NO_DEVICE, "the device is gone" },
	{ ENXIO, STATUS_NO_DEVICE, "the device is gone" },
	{ ENOTTY, STATUS_REFUSED, "not a Labyrinth device, or its driver is older than labctl" },
	{ EIO, STATUS_FAILED, "the device stopped the queue" },
};

/**
 * fail_system - one line on stderr about a call that failed
 * @error: errno, positive or negative
 * @format: what was tried
 *
 * Return: exit status.
 */
int fail_system(int error, const char *format, ...)
{
	const size_t known = sizeof(system_errors) / sizeof(system_errors[0]);
	va_list ap;
	size_t i = 0;

	error = error < 0 ? -error : error;
	while (i < known && system_errors[i].error != error)
		i++;
	va_start(ap, format);
	print_line(format, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", i < known ? system_errors[i].text : strerror(error));
	return i < known ? system_errors[i].status : STATUS_REFUSED;
}

/**
 * fail_file - one line on stderr about a file, of which the device knows nothing
 * @error: errno, positive or negative
 * @path: its name
 *
 * Return: exit status.
 */
int fail_file(int error, const char *path)
{
	fail("%s: %s", path, strerror(error < 0 ? -error : error));
	return STATUS_REFUSED;
}
