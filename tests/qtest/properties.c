// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device's properties say, and which it refuses.
 */
#include "machine.h"
#include "qemu/osdep.h"
#if __has_include("qobject/qdict.h")	/* since 10.0 */
#include "qobject/qdict.h"
#else
#include "qapi/qmp/qdict.h"
#endif

/* Return: the answer to qom-get, the caller's to unref */
static QDict *lt_get(const char *property)
{
	return qtest_qmp(lt.qts, "{ 'execute': 'qom-get', 'arguments': {"
			 "'path': '/machine/peripheral/daq', 'property': %s } }", property);
}

static uint64_t lt_get_number(const char *property)
{
	QDict *answer = lt_get(property);
	uint64_t number = (uint64_t)qdict_get_int(answer, "return");

	qobject_unref(answer);
	return number;
}

static void faults_read_as_they_were_set(void)
{
	QDict *answer;

	lt_start(",id=daq,fault=irq-lost+bad-slot,fault-period=3,fault-seed=9", "");
	answer = lt_get("fault");
	EXPECT(!strcmp(qdict_get_str(answer, "return"), "irq-lost+bad-slot"));
	qobject_unref(answer);
	EXPECT_EQ(lt_get_number("fault-period"), 3);
	EXPECT_EQ(lt_get_number("fault-seed"), 9);
	EXPECT_EQ(lt_get_number("fault-count"), 0);
	lt_stop();
}

static void without_faults_the_property_says_none(void)
{
	QDict *answer;

	lt_start(",id=daq", "");
	answer = lt_get("fault");
	EXPECT(!strcmp(qdict_get_str(answer, "return"), "none"));
	qobject_unref(answer);
	lt_stop();
}

/* device_add of one with @property; Return: what QEMU says about it */
static char *lt_refusal(const char *property, int value)
{
	QDict *answer = qtest_qmp(lt.qts, "{ 'execute': 'device_add', 'arguments': {"
				  "'driver': 'labyrinth', 'bus': 'rp1', %s: %d } }", property, value);
	QDict *error = qdict_get_qdict(answer, "error");
	char *text = g_strdup(error ? qdict_get_str(error, "desc") : "");

	qobject_unref(answer);
	return text;
}

static void amounts_out_of_range_are_refused(void)
{
	static const struct { const char *name; int value; } bad[] = {
		{ "queues", 0 }, { "queues", LAB_MAX_QUEUES + 1 }, { "fifo-bytes", 4096 },
	};
	size_t i;

	lt_start("", "-device pcie-root-port,id=rp1,chassis=1");
	for (i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *text = lt_refusal(bad[i].name, bad[i].value);

		EXPECT(strstr(text, bad[i].name) && strstr(text, "expects"));
	}
	lt_stop();
}

static CU_TestInfo tests[] = {
	TAP_TEST(faults_read_as_they_were_set),
	TAP_TEST(without_faults_the_property_says_none),
	TAP_TEST(amounts_out_of_range_are_refused),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "properties", .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
