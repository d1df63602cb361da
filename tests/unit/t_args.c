// SPDX-License-Identifier: MIT
/* Options of labctl: numbers are read strictly, ranges told, nothing clamped */
#include <string.h>

#include "args.h"
#include "tap.h"

static uint32_t small;
static uint64_t large;
static uint32_t power;
static uint32_t queue;
static uint32_t choice;
static struct span span;
static const char *text;
static bool flag;

static const char *const words[] = { "red", "green", NULL };

static const struct opt table[] = {
	{ "small", 's', OPT_U32, &small, 1, 4194272, "bytes", .arg = "N", .help = "" },
	{ "large", 0, OPT_U64, &large, 0, UINT64_MAX, .arg = "N", .help = "" },
	{ "power", 0, OPT_POWER, &power, 2, 4096, "blocks", .arg = "N", .help = "" },
	{ "queue", 'q', OPT_QUEUE, &queue, 0, 15, .arg = "N|all", .help = "" },
	{ "colour", 0, OPT_CHOICE, &choice, .choices = words, .arg = "red|green", .help = "" },
	{ "span", 0, OPT_SPAN, &span, 1, 9000, "bytes", .arg = "N|MIN-MAX", .help = "" },
	{ "text", 0, OPT_STRING, &text, .arg = "TEXT", .help = "" },
	{ "flag", 'f', OPT_FLAG, &flag, .help = "" },
	{ 0 }
};

static struct args_error error;

/* Return: as args_parse() */
static int parse(const char *one, const char *two)
{
	const struct opt *const tables[] = { table, NULL };
	char a[64], b[64] = "";
	char *argv[] = { a, b, NULL };

	small = 7;
	span = (struct span){ 7, 7 };
	flag = false;
	error.text[0] = 0;
	snprintf(a, sizeof(a), "%s", one);
	snprintf(b, sizeof(b), "%s", two ? two : "");
	return args_parse(tables, two ? 2 : 1, argv, &error);
}

static bool refused(const char *one, const char *two, const char *why)
{
	if (parse(one, two) >= 0 || small != 7)
		return false;
	if (strcmp(error.text, why))
		printf("# got \"%s\"\n", error.text);
	return !strcmp(error.text, why);
}

static uint64_t number(const char *digits)
{
	uint64_t value = 0;

	CU_ASSERT_EQUAL(args_number(digits, &value), 0);
	return value;
}

static void numbers_are_decimal_or_hexadecimal(void)
{
	CU_ASSERT_EQUAL(number("0"), 0);
	CU_ASSERT_EQUAL(number("007"), 7);
	CU_ASSERT_EQUAL(number("0x1F"), 31);
	CU_ASSERT_EQUAL(number("18446744073709551615"), UINT64_MAX);
	CU_ASSERT_EQUAL(number("0xffffffffffffffff"), UINT64_MAX);
}

static void suffixes_multiply(void)
{
	CU_ASSERT_EQUAL(number("3k"), 3000);
	CU_ASSERT_EQUAL(number("3Ki"), 3072);
	CU_ASSERT_EQUAL(number("2M"), 2000000);
	CU_ASSERT_EQUAL(number("2Mi"), 2u << 20);
	CU_ASSERT_EQUAL(number("1G"), 1000000000);
	CU_ASSERT_EQUAL(number("1Gi"), 1u << 30);
}

static void all_else_is_no_number(void)
{
	static const char *const bad[] = {
		"", " ", "1 ", " 1", "-1", "+1", "1.5", "1e3", "0x", "x", "1kk", "1K", "1ki", "ki",
		"0xg", "1_000", "18446744073709551616", "0x10000000000000000",
		"18446744073709551615k", "99999999999999999999999",
	};
	uint64_t value = 5;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_EQUAL(args_number(bad[i], &value), -1);
		CU_ASSERT_EQUAL(value, 5);
	}
}

static void ends_of_a_range_are_accepted(void)
{
	CU_ASSERT_TRUE(parse("--small", "1") >= 0);
	CU_ASSERT_EQUAL(small, 1);
	CU_ASSERT_TRUE(parse("--small", "4194272") >= 0);
	CU_ASSERT_EQUAL(small, 4194272);
}

static void number_out_of_range_is_refused_with_the_range(void)
{
	CU_ASSERT_TRUE(refused("--small", "0", "--small 0: expected 1 to 4194272 bytes"));
	CU_ASSERT_TRUE(refused("--small", "99999999",
			       "--small 99999999: expected 1 to 4194272 bytes"));
	CU_ASSERT_TRUE(refused("--small", "4294967297",
			       "--small 4294967297: expected 1 to 4194272 bytes"));
	CU_ASSERT_TRUE(refused("--small", "many", "--small many: expected 1 to 4194272 bytes"));
}

static void value_may_follow_an_equals_sign(void)
{
	CU_ASSERT_TRUE(parse("--small=12", NULL) >= 0);
	CU_ASSERT_EQUAL(small, 12);
	CU_ASSERT_TRUE(parse("--text=a=b", NULL) >= 0);
	CU_ASSERT_STRING_EQUAL(text, "a=b");
	CU_ASSERT_TRUE(refused("--small=", NULL, "--small : expected 1 to 4194272 bytes"));
}

static void letter_stands_for_the_name(void)
{
	CU_ASSERT_TRUE(parse("-s", "9") >= 0);
	CU_ASSERT_EQUAL(small, 9);
	CU_ASSERT_EQUAL(parse("-s8", NULL), 1);
	CU_ASSERT_EQUAL(small, 8);
	CU_ASSERT_TRUE(refused("-f8", NULL, "-f8: unknown option"));
	CU_ASSERT_TRUE(refused("-s0", NULL, "--small 0: expected 1 to 4194272 bytes"));
	CU_ASSERT_TRUE(parse("-f", NULL) >= 0);
	CU_ASSERT_TRUE(flag);
}

static void unknown_option_is_named(void)
{
	CU_ASSERT_TRUE(refused("--frob", "1", "--frob: unknown option"));
	CU_ASSERT_TRUE(refused("--smal", "1", "--smal: unknown option"));
	CU_ASSERT_TRUE(refused("--frob=1", NULL, "--frob: unknown option"));
	CU_ASSERT_TRUE(refused("-x", NULL, "-x: unknown option"));
	CU_ASSERT_TRUE(refused("--", NULL, "--: unknown option"));
	CU_ASSERT_TRUE(refused("-", NULL, "-: unknown option"));
}

static void missing_value_is_told(void)
{
	CU_ASSERT_TRUE(refused("--small", NULL, "--small: expected a value, N"));
}

static void flag_takes_no_value(void)
{
	CU_ASSERT_TRUE(refused("--flag=1", NULL, "--flag: takes no value"));
}

static void only_powers_of_two_where_wanted(void)
{
	CU_ASSERT_TRUE(parse("--power", "64") >= 0);
	CU_ASSERT_EQUAL(power, 64);
	CU_ASSERT_TRUE(refused("--power", "65",
			       "--power 65: expected a power of two, 2 to 4096 blocks"));
	CU_ASSERT_TRUE(refused("--power", "8192",
			       "--power 8192: expected a power of two, 2 to 4096 blocks"));
}

static void span_is_one_number_or_two(void)
{
	CU_ASSERT_TRUE(parse("--span", "64-1500") >= 0);
	CU_ASSERT_TRUE(span.min == 64 && span.max == 1500);
	CU_ASSERT_TRUE(parse("--span", "1k") >= 0);
	CU_ASSERT_TRUE(span.min == 1000 && span.max == 1000);
	CU_ASSERT_TRUE(parse("--span", "9000-9000") >= 0);
}

static void bad_span_is_refused_and_nothing_set(void)
{
	static const char *const bad[] = { "0-5", "5-9001", "9-5", "-5", "5-", "-", "1-2-3", "a-b" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_TRUE(parse("--span", bad[i]) < 0);
		CU_ASSERT_TRUE(span.min == 7 && span.max == 7);
	}
}

static void queue_is_a_number_or_all(void)
{
	CU_ASSERT_TRUE(parse("--queue", "15") >= 0);
	CU_ASSERT_EQUAL(queue, 15);
	CU_ASSERT_TRUE(parse("-q", "all") >= 0);
	CU_ASSERT_EQUAL(queue, QUEUE_ALL);
	CU_ASSERT_TRUE(parse("--queue", "16") < 0);
	CU_ASSERT_TRUE(parse("--queue", "any") < 0);
}

static void choice_is_one_of_its_words(void)
{
	CU_ASSERT_TRUE(parse("--colour", "green") >= 0);
	CU_ASSERT_EQUAL(choice, 1);
	CU_ASSERT_TRUE(refused("--colour", "blue", "--colour blue: expected red or green"));
	CU_ASSERT_TRUE(refused("--colour", "gre", "--colour gre: expected red or green"));
}

static CU_TestInfo tests[] = {
	TAP_TEST(numbers_are_decimal_or_hexadecimal),
	TAP_TEST(suffixes_multiply),
	TAP_TEST(all_else_is_no_number),
	TAP_TEST(ends_of_a_range_are_accepted),
	TAP_TEST(number_out_of_range_is_refused_with_the_range),
	TAP_TEST(value_may_follow_an_equals_sign),
	TAP_TEST(letter_stands_for_the_name),
	TAP_TEST(unknown_option_is_named),
	TAP_TEST(missing_value_is_told),
	TAP_TEST(flag_takes_no_value),
	TAP_TEST(only_powers_of_two_where_wanted),
	TAP_TEST(span_is_one_number_or_two),
	TAP_TEST(bad_span_is_refused_and_nothing_set),
	TAP_TEST(queue_is_a_number_or_all),
	TAP_TEST(choice_is_one_of_its_words),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "args", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
