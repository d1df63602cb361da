// SPDX-License-Identifier: MIT
#include "labctl.h"

static json_t *info_json(const struct lab_info *i)
{
	return json_pack("{sI sb sb sI sI sI sI sI sI si sI}",
			 "device_version", (json_int_t)i->device_version,
			 "generator", !!(i->caps & LAB_CAP_GENERATOR),
			 "wire", !!(i->caps & LAB_CAP_WIRE),
			 "queues", (json_int_t)i->num_queues,
			 "max_order", (json_int_t)i->max_order,
			 "min_depth", (json_int_t)i->min_depth,
			 "max_depth", (json_int_t)i->max_depth,
			 "max_reserve", (json_int_t)i->max_reserve,
			 "page_bytes", (json_int_t)i->page_bytes,
			 "numa_node", i->node,
			 "device_ns", (json_int_t)i->device_ns);
}

static void print_info(const struct node *node, const struct lab_info *i)
{
	FILE *out = human();

	fprintf(out, "%-14s %s%s%s\n", "device", node->path, node->bdf[0] ? ", PCI " : "",
		node->bdf);
	fprintf(out, "%-14s %u.%u\n", "version", LAB_VERSION_MAJOR(i->device_version),
		i->device_version & 0xffff);
	fprintf(out, "%-14s %s%s\n", "sources",
		i->caps & LAB_CAP_GENERATOR ? "generator" : "no generator",
		i->caps & LAB_CAP_WIRE ? ", wire" : ", no wire");
	fprintf(out, "%-14s %u\n", "queues", i->num_queues);
	fprintf(out, "%-14s order 0 to %u, %s to %s bytes\n", "blocks", i->max_order,
		text_count(i->page_bytes), text_count((uint64_t)i->page_bytes << i->max_order));
	fprintf(out, "%-14s %u to %u blocks\n", "depth", i->min_depth, i->max_depth);
	fprintf(out, "%-14s 0 to %u blocks\n", "reserve", i->max_reserve);
	fprintf(out, "%-14s %s\n", "largest packet",
		text_bytes(lab_record_max(i->page_bytes << i->max_order)));
	fprintf(out, "%-14s %d\n", "NUMA node", i->node);
	fprintf(out, "%-14s %s\n", "clock", text_ns(i->device_ns));
}

static int run_info(void)
{
	struct lab_info info;
	struct node node;
	struct lab *lab;
	int ret = find_device(&node);

	if (!ret)
		ret = open_device(&lab);
	if (ret)
		return ret;
	ret = lab_info(lab, &info);
	lab_close(lab);
	if (ret)
		return fail_system(ret, "%s", node.path);
	print_info(&node, &info);
	return globals.json ? print_json(info_json(&info)) : STATUS_OK;
}

static const struct opt *const options[] = { NULL };

const struct command cmd_info = {
	.name = "info",
	.summary = "what the device is and what its limits are",
	.text =
	"Shows the device's version, its sources of packets, its queues, and the limits\n"
	"of what labctl burst may ask for.",
	.example =
	"  labctl -d 0 info --json\n"
	"  One JSON object with all limits.",
	.options = options,
	.run = run_info,
};
