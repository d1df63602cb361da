// SPDX-License-Identifier: MIT
/* Names of what a device can be asked to do wrong: those of QEMU's property fault= */
#include <stdio.h>
#include <string.h>

#include "labctl.h"

static const struct {
	const char *name;
	uint32_t fault;
	const char *help;
} faults_known[] = {
	{ "irq-lost", LAB_FAULT_IRQ_LOST, "an interrupt is not sent" },
	{ "irq-duplicate", LAB_FAULT_IRQ_DUPLICATE, "an interrupt is sent twice" },
	{ "irq-spurious", LAB_FAULT_IRQ_SPURIOUS, "an interrupt comes for no reason" },
	{ "irq-late", LAB_FAULT_IRQ_LATE, "an interrupt is sent 5 ms late" },
	{ "cpl-early", LAB_FAULT_CPL_EARLY, "a completion comes before the data *" },
	{ "cpl-duplicate", LAB_FAULT_CPL_DUPLICATE, "a completion is written twice" },
	{ "cpl-corrupt", LAB_FAULT_CPL_CORRUPT, "a completion is nonsense" },
	{ "bad-slot", LAB_FAULT_BAD_SLOT, "a completion names no slot there is" },
	{ "bad-length", LAB_FAULT_BAD_LENGTH, "a completion is longer than the block" },
	{ "record-corrupt", LAB_FAULT_RECORD_CORRUPT, "a bit of a record flips" },
	{ "dma-unmapped", LAB_FAULT_DMA_UNMAPPED, "DMA goes where no memory is" },
	{ "late-write", LAB_FAULT_LATE_WRITE, "a block given back is written to *" },
	{ "desc-twice", LAB_FAULT_DESC_TWICE, "a fill descriptor is used twice *" },
	{ "stall", LAB_FAULT_STALL, "a queue does nothing for 50 ms" },
	{ "link-down", LAB_FAULT_LINK_DOWN, "the device is gone for 20 ms, then reset" },
	{ "all-ones", LAB_FAULT_ALL_ONES, "the device is gone for good" },
	{ "aer-correctable", LAB_FAULT_AER_CORRECTABLE, "a corrected PCIe error" },
	{ "aer-nonfatal", LAB_FAULT_AER_NONFATAL, "a non-fatal PCIe error" },
	{ "aer-fatal", LAB_FAULT_AER_FATAL, "a fatal PCIe error" },
};
#define KNOWN	(sizeof(faults_known) / sizeof(faults_known[0]))

/* Return: the fault that @len bytes of @name name, 0: none */
static uint32_t find(const char *name, size_t len)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (strlen(faults_known[i].name) == len && !memcmp(faults_known[i].name, name, len))
			return faults_known[i].fault;
	return 0;
}

/**
 * faults_parse - names joined by '+', or "none"
 * @text: the whole text
 * @faults: returns LAB_FAULT_*
 * @error: returns one line if something is wrong
 *
 * Return: 0 or -1.
 */
int faults_parse(const char *text, uint32_t *faults, struct args_error *error)
{
	uint32_t sum = 0, fault = 0;
	size_t len;

	for (const char *at = text; strcmp(text, "none"); at += len + 1) {
		len = strcspn(at, "+");
		fault = find(at, len);
		if (!len)
			return args_fail(error, "%s: expected a fault on each side of +; labctl "
					 "inject --list tells which there are", text);
		if (!fault)
			return args_fail(error, "%.*s: unknown fault; labctl inject --list tells "
					 "which there are", (int)len, at);
		sum |= fault;
		if (!at[len])
			break;
	}
	*faults = sum;
	return 0;
}

/* The same backwards; @bytes: FAULTS_TEXT are enough for all of them */
void faults_format(char *text, size_t bytes, uint32_t faults)
{
	snprintf(text, bytes, "%s", faults ? "" : "none");
	for (size_t i = 0; i < KNOWN; i++)
		if (faults & faults_known[i].fault)
			snprintf(text + strlen(text), bytes - strlen(text), "%s%s",
				 *text ? "+" : "", faults_known[i].name);
}

void faults_print(FILE *out)
{
	for (size_t i = 0; i < KNOWN; i++)
		fprintf(out, "  %-16s %s\n", faults_known[i].name, faults_known[i].help);
	fputs("* without an IOMMU this corrupts memory of the system\n", out);
}

/* Return: a new object with the names, and what they do */
json_t *faults_json(void)
{
	json_t *array = json_array();

	for (size_t i = 0; i < KNOWN; i++)
		json_array_append_new(array, json_pack("{ss ss}", "name", faults_known[i].name,
						       "effect", faults_known[i].help));
	return json_pack("{so}", "faults", array);
}
