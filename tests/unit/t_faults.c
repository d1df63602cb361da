// SPDX-License-Identifier: MIT
/* labctl inject: names of faults */
#include <string.h>

#include "labctl.h"
#include "tap.h"

static struct args_error error;

static uint32_t parsed(const char *text)
{
	uint32_t faults = 0xdead0000;

	error.text[0] = 0;
	return faults_parse(text, &faults, &error) ? UINT32_MAX : faults;
}

static void names_are_joined_by_plus(void)
{
	CU_ASSERT_EQUAL(parsed("irq-lost"), LAB_FAULT_IRQ_LOST);
	CU_ASSERT_EQUAL(parsed("irq-lost+stall"), LAB_FAULT_IRQ_LOST | LAB_FAULT_STALL);
	CU_ASSERT_EQUAL(parsed("stall+stall"), LAB_FAULT_STALL);
}

static void none_is_none(void)
{
	CU_ASSERT_EQUAL(parsed("none"), 0);
}

static void what_is_no_name_is_refused(void)
{
	static const char *const bad[] = {
		"", "+", "stall+", "+stall", "stal", "stalls", "STALL", "stall,irq-lost",
		"stall+none", " stall",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(parsed(bad[i]), UINT32_MAX);
	parsed("stall+");
	CU_ASSERT_STRING_EQUAL(error.text, "stall+: expected a fault on each side of +; labctl "
			       "inject --list tells which there are");
	parsed("stall+nonsense+irq-lost");
	CU_ASSERT_STRING_EQUAL(error.text,
			       "nonsense: unknown fault; labctl inject --list tells which there are");
}

static void each_fault_has_one_name(void)
{
	char text[FAULTS_TEXT];

	for (uint32_t fault = 1; fault < LAB_FAULT_ALL; fault <<= 1) {
		faults_format(text, sizeof(text), fault);
		CU_ASSERT_EQUAL(parsed(text), fault);
	}
}

static void all_names_fit(void)
{
	char text[FAULTS_TEXT];

	faults_format(text, sizeof(text), LAB_FAULT_ALL);
	CU_ASSERT_EQUAL(parsed(text), LAB_FAULT_ALL);
	faults_format(text, sizeof(text), 0);
	CU_ASSERT_STRING_EQUAL(text, "none");
}

static CU_TestInfo tests[] = {
	TAP_TEST(names_are_joined_by_plus),
	TAP_TEST(none_is_none),
	TAP_TEST(what_is_no_name_is_refused),
	TAP_TEST(each_fault_has_one_name),
	TAP_TEST(all_names_fit),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "faults", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
