/* SPDX-License-Identifier: MIT */
/*
 * Runs CUnit suites and prints TAP:
 *
 *	static CU_TestInfo tests[] = {
 *		TAP_TEST(ring_full_after_size_entries),
 *		CU_TEST_INFO_NULL,
 *	};
 *	static CU_SuiteInfo suites[] = {
 *		{ .pName = "ring", .pTests = tests },
 *		CU_SUITE_INFO_NULL,
 *	};
 *	int main(void) { return tap_run(suites); }
 *
 * Each line is flushed before the next test starts, so that a crash shows
 * which test it was.
 */
#ifndef LABYRINTH_TAP_H
#define LABYRINTH_TAP_H

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stdio.h>
#include <stdlib.h>

#define TAP_TEST(fn) { #fn, fn }

static unsigned int tap_number;
static unsigned int tap_failed;
static const char *tap_skip_reason;

/* Says why the running test cannot do its work here; the test returns next */
static inline void tap_skip(const char *reason)
{
	tap_skip_reason = reason;
}

static inline void tap_line(int ok, const char *suite, const char *test)
{
	printf("%sok %u - %s: %s", ok ? "" : "not ", ++tap_number, suite, test);
	if (ok && tap_skip_reason)
		printf(" # SKIP %s", tap_skip_reason);
	putchar('\n');
	tap_failed += !ok;
	tap_skip_reason = NULL;
}

static inline void tap_print_failures(const CU_pFailureRecord first)
{
	for (CU_pFailureRecord f = first; f; f = f->pNext)
		printf("# %s:%u: %s\n", f->strFileName ? f->strFileName : "?",
		       f->uiLineNumber, f->strCondition ? f->strCondition : "?");
}

static inline void tap_test_complete(const CU_pTest test, const CU_pSuite suite,
				     const CU_pFailureRecord failure)
{
	tap_print_failures(failure);
	tap_line(!failure, suite->pName, test->pName);
	fflush(stdout);
}

/* CUnit does not run the tests of a suite that failed to start: none passed */
static inline void tap_suite_init_failed(const CU_pSuite suite)
{
	printf("# %s: the suite could not start\n", suite->pName);
	for (CU_pTest test = suite->pTest; test; test = test->pNext)
		tap_line(0, suite->pName, test->pName);
	fflush(stdout);
}

static inline void tap_suite_cleanup_failed(const CU_pSuite suite)
{
	printf("# %s: the suite's clean-up failed\n", suite->pName);
	tap_failed++;
}

/* Return: exit status of the program, 0 only if every test passed */
static inline int tap_run(CU_SuiteInfo *suites)
{
	unsigned int planned;

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS) {
		printf("Bail out! %s\n", CU_get_error_msg());
		return EXIT_FAILURE;
	}
	planned = CU_get_registry()->uiNumberOfTests;
	printf("1..%u\n", planned);
	CU_set_error_action(CUEA_IGNORE);
	CU_set_test_complete_handler(tap_test_complete);
	CU_set_suite_init_failure_handler(tap_suite_init_failed);
	CU_set_suite_cleanup_failure_handler(tap_suite_cleanup_failed);
	CU_run_all_tests();
	CU_cleanup_registry();
	return tap_failed || tap_number != planned ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
