/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between kernel versions: here, and nowhere else. */
#ifndef LAB_COMPAT_H
#define LAB_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/version.h>

/* Largest page order, inclusive: MAX_ORDER changed its meaning in 6.4, its name in 6.8 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define LAB_PAGE_ORDER_MAX	MAX_PAGE_ORDER
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define LAB_PAGE_ORDER_MAX	MAX_ORDER
#else
#define LAB_PAGE_ORDER_MAX	(MAX_ORDER - 1)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void lab_vm_flags_mod(struct vm_area_struct *vma,
				    unsigned long set, unsigned long clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#else
#define lab_vm_flags_mod(vma, set, clear)	vm_flags_mod(vma, set, clear)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void lab_hrtimer_setup(struct hrtimer *timer,
				     enum hrtimer_restart (*fn)(struct hrtimer *))
{
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer->function = fn;
}
#else
static inline void lab_hrtimer_setup(struct hrtimer *timer,
				     enum hrtimer_restart (*fn)(struct hrtimer *))
{
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}
#endif

/* The pin got its own name in 6.8 */
#ifndef PCI_IRQ_INTX
#define PCI_IRQ_INTX	PCI_IRQ_LEGACY
#endif

/* The bulk allocator lost "_array" in 6.14; entries that are NULL are filled */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#define lab_alloc_bulk(gfp, node, nr, pages)	alloc_pages_bulk_node(gfp, node, nr, pages)
#else
#define lab_alloc_bulk(gfp, node, nr, pages)	alloc_pages_bulk_array_node(gfp, node, nr, pages)
#endif

/* Since 6.5 the kernel turns error reporting on by itself */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#include <linux/aer.h>

static inline void lab_error_reporting_on(struct pci_dev *pdev)
{
	pci_enable_pcie_error_reporting(pdev);
}

static inline void lab_error_reporting_off(struct pci_dev *pdev)
{
	pci_disable_pcie_error_reporting(pdev);
}
#else
static inline void lab_error_reporting_on(struct pci_dev *pdev) { }
static inline void lab_error_reporting_off(struct pci_dev *pdev) { }
#endif

/* __assign_str() lost its second argument in 6.10 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define lab_assign_str(dst, src)	__assign_str(dst)
#else
#define lab_assign_str(dst, src)	__assign_str(dst, src)
#endif

#endif
