/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A labyrinth device in a machine without a processor: the test is the driver.
 * Each test starts a QEMU of its own; its clock moves only when told to.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "qemu/osdep.h"
#include "libqtest.h"
#include "libqos/pci.h"

#include "labyrinth_regs.h"
#include "labyrinth_ring.h"
#include "tap.h"

/* Guest memory, chosen by hand: 128 MiB and nobody else in it */
#define LT_FILL_BASE	0x00200000u	/* fill rings, 64 KiB a queue */
#define LT_CPL_BASE	0x00400000u	/* completion rings, likewise */
#define LT_IRQ_BASE	0x00600000u	/* an interrupt is a word stored here */
#define LT_BLOCK_BASE	0x01000000u	/* blocks, 4 MiB a queue */
#define LT_BLOCK_SPAN	0x00400000u
#define LT_RING_SPAN	0x00010000u
#define LT_UNMAPPED	0x40000000u	/* no memory there: past RAM, below any BAR */

/* Like CU_ASSERT_EQUAL, but says what the values were */
#define EXPECT_EQ(a, b) lt_expect_eq((uint64_t)(a), (uint64_t)(b), #a " == " #b, __FILE__, __LINE__)
#define EXPECT(a) CU_ASSERT_TRUE(a)
void lt_expect_eq(uint64_t got, uint64_t want, const char *what, const char *file,
		  unsigned int line);

struct lt_machine {
	QTestState *qts;
	QPCIBus *bus;
	QPCIDevice *dev;
	QPCIBar regs;
	QPCIBar msix;
	char *log;
	int64_t now_ns;	/* what the clock shows; newer QEMUs refuse to step by 0 */
	int wire;	/* our end of the socket of the netdev */
	bool stream;	/* it wants lengths before frames */
};

extern struct lt_machine lt;

/* Machine: @device is appended to "labyrinth,addr=04.0", @more to the command line */
void lt_start(const char *device, const char *more);
/* Its QEMU alone: nobody has looked for the device */
void lt_boot(const char *device, const char *more);
/* The device at @devfn, bits 15-8 the bus: enabled, its BARs at new addresses */
void lt_open(int devfn);
void lt_stop(void);
void lt_end(struct lt_machine *m);
/* For CUnit suites: set-up and tear-down of each test, no netdev */
void lt_setup(void);
void lt_teardown(void);
void lt_bus_master(bool on);

/* Registers of BAR0 */
uint32_t lt_read(uint32_t reg);
uint64_t lt_read64(uint32_t reg);
void lt_write(uint32_t reg, uint32_t value);
void lt_write64(uint32_t reg, uint64_t value);

/* Time: the device's clock stands unless lt_step() moves it */
void lt_step(int64_t ns);
/* Let the main loop turn, so that all is done that needs no time to pass */
void lt_settle(void);
/* Whether QEMU uses next to no processor time now: nothing wakes itself over and over */
bool lt_idle(void);
/* Wait, in real time, until (register & mask) == value. Return: whether it came so far. */
bool lt_wait(uint32_t reg, uint32_t mask, uint32_t value);
bool lt_wait64(uint32_t reg, uint64_t value);

/* Interrupts: whether vector @v raised since it was last asked; mask bit in the MSI-X table */
bool lt_irq_taken(unsigned int v);
void lt_irq_mask(unsigned int v, bool masked);

/* Set a property of the device called "lab"; lt_start(",id=lab...") */
void lt_property(const char *name, const char *value);

/* Lines in QEMU's log: mistakes of the guest, as the device sees them */
unsigned int lt_complaints(void);

/* A new wire: arguments for a QEMU, which wants its end @far until it has started */
char *lt_wire_open(const char *kind, int *far);
/* A machine whose device has a netdev, of kind stream or dgram, to lt.wire */
void lt_start_wired(const char *kind, const char *device);
/* Put a frame on the wire; waits until QEMU takes it */
void lt_wire_send(const uint8_t *frame, uint32_t bytes);
/* Frame @n of a series: its bytes are a function of @n */
void lt_frame(uint8_t *frame, uint32_t bytes, uint32_t n);

/* The text of docs/device.md */
const char *lt_data_sheet(void);

/* CRC-32C, bit by bit: nothing shared with the device's own */
uint32_t lt_crc32c(uint32_t crc, const uint8_t *data, size_t bytes);

#endif
