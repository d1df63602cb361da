// SPDX-License-Identifier: MIT
/* Devices on the bus, with a driver or without */
#include <pci/pci.h>
#include <string.h>

#include "labctl.h"

/**
 * struct found - one device on the bus
 * @bdf: PCI address
 * @node: /dev/labyrinthN, or "" without a driver
 * @driver: name, or ""
 * @speed: link speed, GT/s; "" if the configuration space could not be read
 * @width: lanes
 * @vectors: of MSI-X
 * @numa_node: -1: none
 * @caps: names of capabilities
 */
struct found {
	char bdf[16];
	char node[32];
	char driver[32];
	const char *speed;
	unsigned int width;
	unsigned int vectors;
	int numa_node;
	json_t *caps;
};

static const struct {
	unsigned int id;
	unsigned int type;
	const char *name;
} cap_names[] = {
	{ PCI_CAP_ID_PM, PCI_CAP_NORMAL, "PM" },
	{ PCI_CAP_ID_MSI, PCI_CAP_NORMAL, "MSI" },
	{ PCI_CAP_ID_MSIX, PCI_CAP_NORMAL, "MSI-X" },
	{ PCI_CAP_ID_EXP, PCI_CAP_NORMAL, "PCIe" },
	{ PCI_EXT_CAP_ID_AER, PCI_CAP_EXTENDED, "AER" },
	{ PCI_EXT_CAP_ID_ATS, PCI_CAP_EXTENDED, "ATS" },
	{ PCI_EXT_CAP_ID_DSN, PCI_CAP_EXTENDED, "DSN" },
};

static const char *speed_text(unsigned int code)
{
	static const char *const speeds[] = { "", "2.5", "5", "8", "16", "32", "64" };

	return code < sizeof(speeds) / sizeof(speeds[0]) ? speeds[code] : "";
}

static void read_caps(struct pci_dev *dev, struct found *f)
{
	struct pci_cap *pcie = pci_find_cap(dev, PCI_CAP_ID_EXP, PCI_CAP_NORMAL);
	struct pci_cap *msix = pci_find_cap(dev, PCI_CAP_ID_MSIX, PCI_CAP_NORMAL);
	u16 status;

	f->caps = json_array();
	f->speed = "";
	for (size_t i = 0; i < sizeof(cap_names) / sizeof(cap_names[0]); i++)
		if (pci_find_cap(dev, cap_names[i].id, cap_names[i].type))
			json_array_append_new(f->caps, json_string(cap_names[i].name));
	if (pcie) {
		status = pci_read_word(dev, (int)pcie->addr + PCI_EXP_LNKSTA);
		f->speed = speed_text(status & PCI_EXP_LNKSTA_SPEED);
		f->width = (status & PCI_EXP_LNKSTA_WIDTH) >> 4;
		if (pci_read_long(dev, (int)pcie->addr + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLRESET)
			json_array_append_new(f->caps, json_string("FLR"));
	}
	if (msix)	/* its control word is where MSI has its flags */
		f->vectors = (pci_read_word(dev, (int)msix->addr + PCI_MSI_FLAGS) &
			      PCI_MSIX_TABSIZE) + 1u;
}

static void find_node(struct found *f)
{
	static struct node nodes[MAX_NODES];
	int n = find_nodes(nodes);

	f->node[0] = '\0';
	for (int i = 0; i < n; i++)
		if (!strcmp(nodes[i].bdf, f->bdf))
			snprintf(f->node, sizeof(f->node), "%.31s", nodes[i].path);
}

static void read_device(struct pci_dev *dev, struct found *f)
{
	const char *driver;

	memset(f, 0, sizeof(*f));
	pci_fill_info(dev, PCI_FILL_IDENT | PCI_FILL_CAPS | PCI_FILL_EXT_CAPS |
		      PCI_FILL_NUMA_NODE | PCI_FILL_DRIVER);
	snprintf(f->bdf, sizeof(f->bdf), "%04x:%02x:%02x.%x", (unsigned int)dev->domain & 0xffff,
		 dev->bus, dev->dev, dev->func & 7u);
	driver = pci_get_string_property(dev, PCI_FILL_DRIVER);
	snprintf(f->driver, sizeof(f->driver), "%s", driver ? driver : "");
	f->numa_node = dev->numa_node;
	read_caps(dev, f);
	find_node(f);
}

static void print_device(const struct found *f)
{
	char link[32] = "?", vectors[16] = "?";
	size_t i;
	json_t *cap;

	if (f->speed[0])
		snprintf(link, sizeof(link), "%s GT/s x%u", f->speed, f->width);
	if (f->vectors)
		snprintf(vectors, sizeof(vectors), "%u", f->vectors);
	fprintf(human(), "%-13s %-17s %-11s %-12s %7s  %4d ", f->bdf, f->node[0] ? f->node : "-",
		f->driver[0] ? f->driver : "-", link, vectors, f->numa_node);
	json_array_foreach(f->caps, i, cap)
		fprintf(human(), " %s", json_string_value(cap));
	fputc('\n', human());
}

/* Takes the capabilities of @f */
static json_t *device_json(struct found *f)
{
	return json_pack("{ss ss* ss* ss* sI sI si so}", "address", f->bdf,
			 "node", f->node[0] ? f->node : NULL,
			 "driver", f->driver[0] ? f->driver : NULL,
			 "link_gts", f->speed[0] ? f->speed : NULL,
			 "link_width", (json_int_t)f->width, "vectors", (json_int_t)f->vectors,
			 "numa_node", f->numa_node, "capabilities", f->caps);
}

static void take_device(struct pci_dev *dev, json_t *devices)
{
	struct found f;

	pci_fill_info(dev, PCI_FILL_IDENT);
	if (dev->vendor_id != LAB_PCI_VENDOR_ID || dev->device_id != LAB_PCI_DEVICE_ID)
		return;
	read_device(dev, &f);
	if (!json_array_size(devices))
		fprintf(human(), "%-13s %-17s %-11s %-12s %7s  %4s  %s\n", "address", "node",
			"driver", "link", "vectors", "NUMA", "capabilities");
	print_device(&f);
	json_array_append_new(devices, device_json(&f));
}

static int run_list(void)
{
	struct pci_access *access = pci_alloc();
	json_t *devices = json_array();
	size_t found;
	int ret;

	pci_init(access);
	pci_scan_bus(access);
	for (struct pci_dev *dev = access->devices; dev; dev = dev->next)
		take_device(dev, devices);
	pci_cleanup(access);
	found = json_array_size(devices);
	if (!found)
		fail("no device: nothing on the PCI bus is %04x:%04x; QEMU has one with -device labyrinth",
		     LAB_PCI_VENDOR_ID, LAB_PCI_DEVICE_ID);
	if (!globals.json) {
		json_decref(devices);
		return found ? STATUS_OK : STATUS_NO_DEVICE;
	}
	ret = print_json(json_pack("{so}", "devices", devices));
	return found ? ret : STATUS_NO_DEVICE;
}

static const struct opt *const options[] = { NULL };

const struct command cmd_list = {
	.name = "list",
	.summary = "the devices on the PCI bus",
	.text =
	"Lists the Labyrinth devices on the PCI bus, with a driver or without: address,\n"
	"device node, driver, link, MSI-X vectors, NUMA node and capabilities. Without\n"
	"root the kernel hides the capabilities, and so the link and the vectors.",
	.example =
	"  labctl list\n"
	"  The address in the first column is what -d takes.",
	.options = options,
	.run = run_list,
};
