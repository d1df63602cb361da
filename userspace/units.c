// SPDX-License-Identifier: MIT
/* Numbers as people read them */
#include <inttypes.h>
#include <string.h>

#include "labctl.h"

/* As many as one printf() may want at once */
static char *next_text(void)
{
	static __thread char texts[16][32];
	static __thread unsigned int turn;

	return texts[turn++ % 16];
}

/* 1234567 as 1,234,567 */
const char *text_count(uint64_t n)
{
	char digits[24], *text = next_text(), *to = text;
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = 0;
	return text;
}

/* Three significant digits and a prefix: 1.23 Mpps */
const char *text_si(double value, const char *unit)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T" };
	char *text = next_text();
	size_t i = 0;

	for (; value >= 999.5 && i < 4; i++)
		value /= 1000;
	snprintf(text, 32, "%.*f %s%s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value,
		 prefixes[i], unit);
	return text;
}

const char *text_bytes(uint64_t bytes)
{
	char *text;

	if (bytes >= 1000)
		return text_si((double)bytes, "B");
	text = next_text();
	snprintf(text, 32, "%" PRIu64 " B", bytes);
	return text;
}

/* 1234 as 1.23 us */
const char *text_ns(uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	char *text = next_text();
	size_t i = 0;

	for (; value >= 999.5 && i < 3; i++)
		value /= 1000;
	snprintf(text, 32, "%.*f %s", !i || value >= 99.95 ? 0 : value < 9.995 ? 2 : 1, value,
		 units[i]);
	return text;
}
