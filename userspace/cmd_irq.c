// SPDX-License-Identifier: MIT
/* Interrupts of the device: who takes them, how many, how long */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"

#define MAX_VECTORS	64

/**
 * struct vector - one line of /proc/interrupts
 * @irq: number
 * @count: on all CPUs
 * @name: as the driver called it
 * @cpus: JSON array of the counts by CPU
 */
struct vector {
	unsigned int irq;
	uint64_t count;
	char name[64];
	json_t *cpus;
};

static int by_irq(const void *a, const void *b)
{
	const struct vector *x = a, *y = b;

	return (x->irq > y->irq) - (x->irq < y->irq);
}

static struct vector vector_of(unsigned int irq)
{
	return (struct vector){ .irq = irq, .cpus = json_array() };
}

/* A device without MSI and MSI-X has the pin. Return: vectors found, 1 or 0. */
static int find_pin(const char *bdf, struct vector *vector)
{
	char path[80];
	unsigned int irq;
	FILE *file;
	int n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/irq", bdf);
	file = fopen(path, "re");
	if (!file)
		return 0;
	n = fscanf(file, "%u", &irq);
	fclose(file);
	if (n != 1 || !irq)
		return 0;
	*vector = vector_of(irq);
	return 1;
}

/* The numbers of the device's vectors, from sysfs. Return: how many. */
static int find_vectors(const char *bdf, struct vector *vectors)
{
	char path[80];
	struct dirent *entry;
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/msi_irqs", bdf);
	dir = opendir(path);
	while (dir && n < MAX_VECTORS && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			vectors[n++] = vector_of((unsigned int)strtoul(entry->d_name, NULL, 10));
	if (dir)
		closedir(dir);
	if (!n)
		n = find_pin(bdf, vectors);
	qsort(vectors, (size_t)n, sizeof(*vectors), by_irq);
	return n;
}

/* "  24:   17    0  PCI-MSI 65536-edge   labyrinth0-0": counts, chip, name */
static void parse_counts(struct vector *v, char *rest)
{
	char *end, *name;

	for (;; rest = end) {
		uint64_t count = strtoull(rest, &end, 10);

		if (end == rest || !isspace((unsigned char)*end))
			break;
		json_array_append_new(v->cpus, count_json(count));
		v->count += count;
	}
	rest[strcspn(rest, "\n")] = '\0';
	name = strrchr(rest, ' ');
	snprintf(v->name, sizeof(v->name), "%s", name ? name + 1 : rest);
}

static int read_interrupts(struct vector *vectors, int n)
{
	FILE *file = fopen("/proc/interrupts", "re");
	size_t bytes = 0;
	char *line = NULL, *colon;

	if (!file)
		return fail_file(errno, "/proc/interrupts");
	while (getline(&line, &bytes, file) > 0) {
		unsigned long irq = strtoul(line, &colon, 10);

		for (int i = 0; i < n && *colon == ':'; i++)
			if (vectors[i].irq == irq)
				parse_counts(&vectors[i], colon + 1);
	}
	free(line);
	fclose(file);
	return STATUS_OK;
}

static void print_vector(const struct vector *v)
{
	size_t i;
	json_t *count;

	fprintf(human(), "irq %-4u %-24s %15s  by CPU:", v->irq, v->name[0] ? v->name : "-",
		text_count(v->count));
	json_array_foreach(v->cpus, i, count)
		fprintf(human(), " %s", text_count((uint64_t)json_integer_value(count)));
	fputc('\n', human());
}

static int vectors_json(const struct node *node, json_t *array)
{
	static struct vector vectors[MAX_VECTORS];
	int n = find_vectors(node->bdf, vectors);
	int ret = read_interrupts(vectors, n);

	for (int i = 0; !ret && i < n; i++) {
		print_vector(&vectors[i]);
		json_array_append_new(array, json_pack("{sI ss sI so}",
						       "irq", (json_int_t)vectors[i].irq,
						       "name", vectors[i].name,
						       "count", (json_int_t)vectors[i].count,
						       "cpus", vectors[i].cpus));
	}
	return ret;
}

static int queues_json(struct lab *lab, json_t *array)
{
	struct lab_stats s;
	struct lab_info info;
	int ret = lab_info(lab, &info);

	for (uint32_t q = 0; !ret && q < info.num_queues; q++) {
		ret = lab_stats(lab, q, &s);
		if (ret)
			break;
		fprintf(human(), "queue %-2u %-24s %15s  idle %s  blocks per interrupt %.1f\n", q,
			"since its set-up", text_count(s.irqs), text_count(s.irqs_idle),
			s.irqs ? (double)s.blocks / (double)s.irqs : 0);
		print_quantiles(human(), "handler", s.irq_ns, MAX_UNKNOWN);
		json_array_append_new(array, json_pack("{sI sI sI sI so}",
						       "queue", (json_int_t)q,
						       "interrupts", (json_int_t)s.irqs,
						       "interrupts_idle", (json_int_t)s.irqs_idle,
						       "blocks", (json_int_t)s.blocks,
						       "irq_ns", quantiles_json(s.irq_ns,
										MAX_UNKNOWN)));
	}
	return ret ? fail_system(ret, "reading the counters") : STATUS_OK;
}

static int run_irq(void)
{
	json_t *vectors = json_array(), *queues = json_array();
	struct node node;
	struct lab *lab;
	int ret = find_device(&node);

	if (!ret)
		ret = open_device(&lab);
	if (ret)
		return ret;
	ret = vectors_json(&node, vectors);
	if (!ret)
		ret = queues_json(lab, queues);
	lab_close(lab);
	if (!ret && globals.json)
		return print_json(json_pack("{so so}", "vectors", vectors, "queues", queues));
	json_decref(vectors);
	json_decref(queues);
	return ret;
}

static const struct opt *const options[] = { NULL };

const struct command cmd_irq = {
	.name = "irq",
	.summary = "interrupts by vector and queue, and the time in their handler",
	.text =
	"Shows the device's lines of /proc/interrupts, which count since boot, and for each\n"
	"queue the interrupts since its set-up with the time that the handler took.",
	.example =
	"  labctl burst --queue 0 && labctl irq\n"
	"  Which CPU took the interrupts of queue 0, and for how long.",
	.options = options,
	.run = run_irq,
};
