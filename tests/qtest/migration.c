// SPDX-License-Identifier: GPL-2.0-only
#include "migration.h"
#include "libqos/pci-pc.h"

#define LT_PATIENCE_MS	20000

/* Return: whether field "status" of what @command returns becomes @want */
static bool lt_wait_status(QTestState *qts, const char *command, const char *want)
{
	int64_t deadline_us = g_get_monotonic_time() + LT_PATIENCE_MS * 1000;
	bool reached = false;
	QDict *reply;
	const char *status;

	while (!reached && g_get_monotonic_time() < deadline_us) {
		reply = qtest_qmp(qts, "{ 'execute': %s }", command);
		status = qdict_get_try_str(qdict_get_qdict(reply, "return"), "status");
		reached = status && !strcmp(status, want);
		qobject_unref(reply);
		g_usleep(1000);
	}
	return reached;
}

static void lt_migrate_to(QTestState *qts, const char *uri)
{
	qtest_qmp_assert_success(qts, "{ 'execute': 'migrate', 'arguments': { 'uri': %s } }", uri);
	EXPECT(lt_wait_status(qts, "query-migrate", "completed"));
}

/* The device is at the same place, set up as it was */
static void lt_adopt(const struct lt_machine *from)
{
	lt.bus = qpci_new_pc(lt.qts, NULL);
	lt.dev = g_memdup2(from->dev, sizeof(*from->dev));
	lt.dev->bus = lt.bus;
}

void lt_migrate(const char *device, const char *more)
{
	g_autofree char *uri = g_strdup_printf("unix:%s/lt-%d", g_get_tmp_dir(), getpid());
	g_autofree char *with_uri = g_strdup_printf("%s -incoming %s", more, uri);
	int64_t now_ns = lt.now_ns;
	struct lt_machine from = lt;

	lt_boot(device, with_uri);
	lt_step(now_ns);
	lt_migrate_to(from.qts, uri);
	EXPECT(lt_wait_status(lt.qts, "query-status", "running"));
	lt_adopt(&from);
	from.wire = 0;
	lt_end(&from);
	unlink(strchr(uri, ':') + 1);
}
