// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window: where the owner sees its claimed blocks, and only those.
 *
 * Slot s is at s * stride.  Its pages that hold records are mapped when the slot
 * is claimed and unmapped before it is released.  The mapping is read-only and made of raw
 * page frames (VM_PFNMAP): no reference can be taken through it, so nothing
 * outlives the release; it is not inherited, grown, moved, split or dumped.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "lab.h"

/* Bytes from slot to slot */
u64 lab_window_stride(const struct lab_queue *q)
{
	return (u64)PAGE_SIZE << q->setup.order;
}

struct lab_mapping {
	struct mm_struct *mm;
	unsigned long pfn;
	pgprot_t prot;
};

static int lab_window_pte(pte_t *pte, unsigned long addr, void *data)
{
	struct lab_mapping *m = data;

	set_pte_at(m->mm, addr, pte, pte_mkspecial(pfn_pte(m->pfn++, m->prot)));
	return 0;
}

/* Bytes of a block that are shown: the pages that hold records */
static u64 lab_window_shown(const struct lab_slot *slot)
{
	return PAGE_ALIGN(slot->bytes);
}

/*
 * Show one block, in one operation.
 * Context: process; mmap_lock or the VMA's lock, and queue->map, held.
 */
static int lab_window_show(struct lab_queue *q, struct vm_area_struct *vma, u32 index)
{
	struct lab_slot *slot = &q->slots[index];
	struct lab_mapping m = {
		.mm = vma->vm_mm,
		.pfn = page_to_pfn(slot->page),
		.prot = vma->vm_page_prot,
	};

	lockdep_assert_held(&q->map);
	return apply_to_page_range(vma->vm_mm, vma->vm_start + index * lab_window_stride(q),
				   lab_window_shown(slot), lab_window_pte, &m);
}

/* A touch of the window: of a block claimed before mmap(), or of nothing that is the caller's */
static vm_fault_t lab_window_fault(struct vm_fault *vmf)
{
	struct lab_queue *q = vmf->vma->vm_private_data;
	u64 offset = vmf->address - vmf->vma->vm_start;
	u32 index = div64_u64(offset, lab_window_stride(q));
	struct lab_slot *slot = &q->slots[index];
	vm_fault_t ret = VM_FAULT_SIGBUS;

	mutex_lock(&q->map);
	if (q->window && READ_ONCE(slot->state) == LAB_USER &&
	    offset - index * lab_window_stride(q) < lab_window_shown(slot))
		ret = lab_window_show(q, vmf->vma, index) ? VM_FAULT_OOM : VM_FAULT_NOPAGE;
	mutex_unlock(&q->map);
	return ret;
}

static void lab_window_close(struct vm_area_struct *vma)
{
	struct lab_queue *q = vma->vm_private_data;

	mutex_lock(&q->map);
	if (q->window == vma->vm_start)
		WRITE_ONCE(q->window, 0);
	wake_up_all(&q->wait);	/* lab_window_revoke() may wait for this */
	mutex_unlock(&q->map);
}

static int lab_window_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

static int lab_window_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

static const struct vm_operations_struct lab_window_ops = {
	.fault = lab_window_fault,
	.close = lab_window_close,
	.may_split = lab_window_split,
	.mremap = lab_window_mremap,
};

static int lab_window_check(const struct lab_queue *q, const struct vm_area_struct *vma)
{
	if (!q)
		return -ENXIO;
	if (q->mm != current->mm)
		return -EPERM;
	if (vma->vm_pgoff || vma->vm_end - vma->vm_start != q->setup.window_bytes ||
	    !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EACCES;
	return 0;
}

/**
 * lab_window_mmap() - mmap() of the whole window
 * @file: has a queue
 * @vma: shared, read-only, offset 0, window_bytes long
 *
 * Context: process; mmap_lock held for writing.
 * Return: 0, -ENXIO, -EPERM, -EINVAL, -EACCES, -ENODEV; -EBUSY: there is one already.
 */
int lab_window_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct lab_file *f = file->private_data;
	struct lab_queue *q = smp_load_acquire(&f->queue);	/* pairs with lab_queue_setup() */
	int ret = lab_window_check(q, vma);

	if (ret)
		return ret;
	mutex_lock(&q->map);
	if (READ_ONCE(q->lab->gone))
		ret = -ENODEV;
	else if (q->window)
		ret = -EBUSY;
	else
		q->window = vma->vm_start;
	mutex_unlock(&q->map);
	if (ret)
		return ret;
	lab_vm_flags_mod(vma, VM_PFNMAP | VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP,
			 VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_ops = &lab_window_ops;
	vma->vm_private_data = q;
	return 0;
}

/*
 * The window's VMA, if it is mapped.
 * Context: mmap_lock of q->mm held for writing, and queue->map.  munmap() takes
 * the VMA out of the tree, then clears its page table with the lock downgraded:
 * a reader could find no VMA though its pages can still be read.
 */
static struct vm_area_struct *lab_window_vma(struct lab_queue *q)
{
	struct vm_area_struct *vma;

	lockdep_assert_held_write(&q->mm->mmap_lock);
	lockdep_assert_held(&q->map);
	if (!q->window)
		return NULL;
	vma = vma_lookup(q->mm, q->window);
	return vma && vma->vm_ops == &lab_window_ops ? vma : NULL;
}

/**
 * lab_window_claim() - show blocks that were just claimed
 * @q: the queue
 * @blocks: in LAB_USER
 * @nr: how many
 *
 * What cannot be shown now, for want of a page table, is shown on its first touch.
 *
 * Context: process; mmap_lock and queue->map held.
 */
void lab_window_claim(struct lab_queue *q, const struct lab_block *blocks, u32 nr)
{
	struct vm_area_struct *vma = lab_window_vma(q);
	u32 i;

	for (i = 0; vma && i < nr; i++)
		if (lab_window_show(q, vma, blocks[i].slot))
			break;
}

/**
 * lab_window_release() - hide blocks that are about to be released
 * @q: the queue
 * @slots: in LAB_USER
 * @nr: how many
 *
 * Neighbours vanish in one operation.
 *
 * Context: process; mmap_lock and queue->map held.
 */
void lab_window_release(struct lab_queue *q, const u32 *slots, u32 nr)
{
	struct vm_area_struct *vma = lab_window_vma(q);
	u64 stride = lab_window_stride(q);
	u32 i, run;

	for (i = 0; vma && i < nr; i += run) {
		for (run = 1; i + run < nr && slots[i + run] == slots[i] + run;)
			run++;
		zap_vma_ptes(vma, vma->vm_start + slots[i] * stride, run * stride);
	}
}

/**
 * lab_window_revoke() - take the window away: from here on a touch is SIGBUS
 * @q: the queue, stopped
 *
 * Context: process; none of the locks inside lab->life held.
 */
void lab_window_revoke(struct lab_queue *q)
{
	struct vm_area_struct *vma;

	if (!mmget_not_zero(q->mm)) {
		/* The process is on its way out, and clears its page table first */
		wait_event(q->wait, !READ_ONCE(q->window));
		return;
	}
	mmap_write_lock(q->mm);	/* after a munmap() that is under way */
	mutex_lock(&q->map);
	vma = lab_window_vma(q);
	if (vma)
		zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
	q->window = 0;
	mutex_unlock(&q->map);
	mmap_write_unlock(q->mm);
	mmput(q->mm);
}
