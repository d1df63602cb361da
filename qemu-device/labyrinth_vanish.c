/*
 * Labyrinth: misbehaviour on request: what the whole device does
 *
 * It vanishes: registers and configuration space read as all-ones and take no
 * writes, there is no DMA and no interrupt.  All its state is lost at once,
 * that of the PCI function when it is back.  And it reports errors, to the
 * root port above it, if there is one with AER.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie.h"

#include "labyrinth.h"
#include "trace.h"

#define LAB_LINK_DOWN_NS (20 * SCALE_MS)

/* The status of the link that the port above shows, or NULL */
static uint8_t *lab_link_status(LabState *s)
{
    PCIDevice *port = pci_bridge_get_device(pci_get_bus(PCI_DEVICE(s)));

    return port && pci_is_express(port)
           ? port->config + port->exp.exp_cap + PCI_EXP_LNKSTA : NULL;
}

/* Not every port says so, nor at any time: a port that did will say so again */
static void lab_link_show_down(LabState *s)
{
    uint8_t *status = lab_link_status(s);

    s->faults.link_shown = status &&
        pci_word_test_and_clear_mask(status, PCI_EXP_LNKSTA_DLLLA);
}

static void lab_link_show_up(LabState *s)
{
    uint8_t *status = lab_link_status(s);

    if (status && s->faults.link_shown) {
        pci_word_test_and_set_mask(status, PCI_EXP_LNKSTA_DLLLA);
    }
}

/* Context: anywhere in the data path, which finds no queue enabled after it */
void lab_vanish(LabState *s, LabPresence presence)
{
    LabFaults *f = &s->faults;

    trace_labyrinth_presence(presence);
    f->presence = presence;
    lab_irq_acknowledge(s);
    msix_reset(PCI_DEVICE(s));  /* what is pending stays untold */
    for (uint32_t i = 0; i < s->num_queues; i++) {
        lab_queue_reset(&s->queues[i]);
    }
    if (presence == LAB_LINK_DOWN) {
        lab_link_show_down(s);
        timer_mod(&f->link_timer, lab_now_ns() + LAB_LINK_DOWN_NS);
    }
}

/* Back again, as after a reset */
void lab_reappear(LabState *s)
{
    lab_vanish_reset(s);
    pci_device_reset(PCI_DEVICE(s));
}

static void lab_link_timer(void *opaque)
{
    lab_reappear(opaque);
}

/* The machine is reset, or the device is back */
void lab_vanish_reset(LabState *s)
{
    LabFaults *f = &s->faults;

    timer_del(&f->link_timer);
    timer_del(&f->error_timer);
    f->errors = 0;
    if (f->presence == LAB_LINK_DOWN) {
        lab_link_show_up(s);
    }
    if (f->presence != LAB_PRESENT) {
        f->presence = LAB_PRESENT;
        trace_labyrinth_presence(f->presence);
    }
}

/*
 * An error message may be an MSI of the root port, which must not be sent in
 * the middle of anything: a timer that is due does it.
 */
void lab_report_errors(LabState *s, uint32_t faults)
{
    s->faults.errors |= faults;
    timer_mod(&s->faults.error_timer, lab_now_ns());
}

/* Severities are the default ones; the guest may have changed them */
static void lab_error_timer(void *opaque)
{
    static const struct {
        uint32_t fault, status;
        bool correctable;
    } errors[] = {
        { LAB_FAULT_AER_CORRECTABLE, PCI_ERR_COR_RCVR, true },
        { LAB_FAULT_AER_NONFATAL, PCI_ERR_UNC_COMP_TIME, false },
        { LAB_FAULT_AER_FATAL, PCI_ERR_UNC_MALF_TLP, false },
    };
    LabState *s = opaque;
    uint32_t due = s->faults.errors;

    s->faults.errors = 0;
    object_ref(OBJECT(s));      /* the port's MSI may be the end of the device */
    for (size_t i = 0; i < ARRAY_SIZE(errors) && lab_present(s); i++) {
        if (due & errors[i].fault) {
            lab_aer_inject(PCI_DEVICE(s), errors[i].status,
                           errors[i].correctable);
        }
    }
    object_unref(OBJECT(s));
}

void lab_fault_init_device(LabState *s)
{
    timer_init_ns(&s->faults.link_timer, QEMU_CLOCK_VIRTUAL, lab_link_timer, s);
    timer_init_ns(&s->faults.error_timer, QEMU_CLOCK_VIRTUAL, lab_error_timer,
                  s);
}

void lab_fault_free_device(LabState *s)
{
    timer_del(&s->faults.link_timer);
    timer_del(&s->faults.error_timer);
}
