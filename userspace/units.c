// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <string.h>

#include "labctl.h"

/* So many results may stand in one printf() */
#define BUFFERS	16

static char *next_buffer(size_t *bytes)
{
	static char buffers[BUFFERS][40];
	static unsigned int next;

	*bytes = sizeof(buffers[0]);
	return buffers[next++ % BUFFERS];
}

/* 1234567 as "1,234,567" */
const char *text_count(uint64_t n)
{
	char digits[24];
	size_t bytes, len, out = 0;
	char *text = next_buffer(&bytes);

	len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n);
	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			text[out++] = ',';
		text[out++] = digits[i];
	}
	text[out] = '\0';
	return text;
}

/* 12345678.0, "B/s" as "12.3 MB/s" */
const char *text_si(double value, const char *unit)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P", "E" };
	size_t bytes, i = 0;
	char *text = next_buffer(&bytes);

	for (; value >= 999.5 && i < 6; i++)
		value /= 1000;
	snprintf(text, bytes, "%.*f %s%s", !i || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2,
		 value, prefixes[i], unit);
	return text;
}

const char *text_bytes(uint64_t bytes)
{
	return text_si((double)bytes, "B");
}

/* 12345 as "12.3 us" */
const char *text_ns(uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	size_t bytes, i = 0;
	char *text = next_buffer(&bytes);

	for (; value >= 999.5 && i < 3; i++)
		value /= 1000;
	snprintf(text, bytes, "%.*f %s", !i || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2,
		 value, units[i]);
	return text;
}
