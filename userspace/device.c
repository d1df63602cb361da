// SPDX-License-Identifier: MIT
/* From what -d names to an open device */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "labctl.h"

#define NODE_GLOB	"/dev/labyrinth[0-9]*"
#define NODE_PREFIX	"/dev/labyrinth"

/* The device behind a node, through sysfs; "" if that does not tell */
static void node_bdf(const char *path, char *bdf, size_t bytes)
{
	char link[64], target[512];
	struct stat st;
	const char *name;
	ssize_t len;

	bdf[0] = '\0';
	if (stat(path, &st) || !S_ISCHR(st.st_mode))
		return;
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/device", major(st.st_rdev),
		 minor(st.st_rdev));
	len = readlink(link, target, sizeof(target) - 1);
	if (len <= 0)
		return;
	target[len] = '\0';
	name = strrchr(target, '/');
	snprintf(bdf, bytes, "%.15s", name ? name + 1 : target);
}

static int by_number(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return atoi(x->path + strlen(NODE_PREFIX)) - atoi(y->path + strlen(NODE_PREFIX));
}

/**
 * find_nodes - the device files of this machine, by number
 * @nodes: room for MAX_NODES
 *
 * Return: how many.
 */
int find_nodes(struct node *nodes)
{
	glob_t found = { 0 };
	int n = 0;

	if (!glob(NODE_GLOB, 0, NULL, &found))
		for (; n < (int)found.gl_pathc && n < MAX_NODES; n++) {
			snprintf(nodes[n].path, sizeof(nodes[n].path), "%s", found.gl_pathv[n]);
			node_bdf(nodes[n].path, nodes[n].bdf, sizeof(nodes[n].bdf));
		}
	globfree(&found);
	qsort(nodes, (size_t)n, sizeof(*nodes), by_number);
	return n;
}

/* "0000:00:04.0", or without the domain "00:04.0" */
static bool same_bdf(const char *bdf, const char *name)
{
	return !strcmp(bdf, name) || (!strncmp(bdf, "0000:", 5) && !strcmp(bdf + 5, name));
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static const struct node *node_named(const struct node *nodes, int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		if (is_number(name) ? !strcmp(nodes[i].path + strlen(NODE_PREFIX), name) :
		    !strcmp(nodes[i].path, name) || same_bdf(nodes[i].bdf, name))
			return &nodes[i];
	}
	return NULL;
}

static int no_such_device(const struct node *nodes, int n)
{
	char all[256] = "";

	if (!n) {
		fail("no device: there is no " NODE_PREFIX "0. Load the driver (modprobe labyrinth, or insmod labyrinth.ko); labctl list shows what is on the bus");
		return STATUS_NO_DEVICE;
	}
	for (int i = 0; i < n && strlen(all) < sizeof(all) - 64; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s%s%s", i ? ", " : "",
			 nodes[i].path + strlen(NODE_PREFIX), nodes[i].bdf[0] ? " = " : "",
			 nodes[i].bdf);
	fail("no device %s: there is %s", globals.device, all);
	return STATUS_NO_DEVICE;
}

/**
 * find_device - the node that -d means: number, PCI address or path
 * @node: returns it
 *
 * Return: exit status; what went wrong has been said.
 */
int find_device(struct node *node)
{
	static struct node nodes[MAX_NODES];
	const struct node *found;
	int n = find_nodes(nodes);

	if (globals.device && strchr(globals.device, '/')) {
		if (strlen(globals.device) >= sizeof(node->path)) {
			fail("no device: the path has more than %d characters", PATH_MAX - 1);
			return STATUS_NO_DEVICE;
		}
		strcpy(node->path, globals.device);
		node_bdf(node->path, node->bdf, sizeof(node->bdf));
		return STATUS_OK;
	}
	found = globals.device ? node_named(nodes, n, globals.device) : n ? &nodes[0] : NULL;
	if (!found)
		return no_such_device(nodes, n);
	*node = *found;
	return STATUS_OK;
}

/**
 * open_device - open what -d means
 * @lab: returns the handle
 *
 * Return: exit status; what went wrong has been said.
 */
int open_device(struct lab **lab)
{
	struct node node;
	int ret = find_device(&node);

	if (ret)
		return ret;
	ret = lab_open(lab, node.path);
	if (!ret)
		return STATUS_OK;
	fail_system(ret, "%s", node.path);
	return ret == -ENOENT || ret == -ENODEV || ret == -ENXIO ? STATUS_NO_DEVICE : STATUS_REFUSED;
}

/* Whether a queue, or LAB_QUEUE_ANY one, has no owner */
static bool queue_is_free(struct lab *lab, uint32_t queue)
{
	struct lab_stats stats;
	struct lab_info info;

	if (queue != LAB_QUEUE_ANY)
		return !lab_stats(lab, queue, &stats) && !(stats.flags & LAB_STATS_ACTIVE);
	if (lab_info(lab, &info))
		return false;
	for (uint32_t q = 0; q < info.num_queues; q++)
		if (queue_is_free(lab, q))
			return true;
	return false;
}

/**
 * fail_busy - one line on stderr about a set-up that ended with -EBUSY
 * @lab: the handle
 * @queue: that was wanted
 * @wire: whether the wire was, too
 *
 * Return: exit status.
 */
int fail_busy(struct lab *lab, uint32_t queue, bool wire)
{
	if (wire && queue_is_free(lab, queue))
		fail("another process has the wire: wait for it, or end it");
	else if (queue == LAB_QUEUE_ANY)
		fail("every queue is in use: wait for a process that has one, or end it");
	else
		return fail_system(EBUSY, "queue %u", queue);
	return STATUS_REFUSED;
}
