// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window: where the owner sees its claimed blocks, and only those.
 *
 * Slot s is at s * stride.  Its pages that hold records are mapped when the slot
 * is claimed and unmapped before it is released.  The mapping is read-only and
 * made of raw page frames (VM_PFNMAP): no reference can be taken through it, so
 * nothing outlives the release; it is not inherited, grown, moved, split or dumped.
 */
#include <linux/mm.h>

#include "lab.h"

/* Bytes from slot to slot */
u64 lab_window_stride(const struct lab_queue *q)
{
	return (u64)PAGE_SIZE << q->setup.order;
}

/*
 * Where it is in the mapping of the device's node, bytes: to the process each
 * window starts at 0, but no two overlap.
 */
static loff_t lab_window_offset(const struct lab_queue *q)
{
	return (loff_t)q->index * LAB_MAX_DEPTH * (PAGE_SIZE << (LAB_MAX_ORDERS - 1));
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
		q->window = 0;
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
	    !(vma->vm_flags & VM_MAYSHARE))	/* VM_SHARED is only for files open for writing */
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
	vma->vm_pgoff = lab_window_offset(q) >> PAGE_SHIFT;
	return 0;
}

/* Context: mmap_lock of q->mm and queue->map held. Return: the window's VMA, or NULL. */
static struct vm_area_struct *lab_window_vma(struct lab_queue *q)
{
	struct vm_area_struct *vma = vma_lookup(q->mm, q->window);

	return vma && vma->vm_ops == &lab_window_ops && vma->vm_private_data == q ? vma : NULL;
}

/**
 * lab_window_claim() - show blocks that were just claimed
 * @q: the queue, of the current process
 * @blocks: in LAB_USER
 * @nr: how many
 *
 * What cannot be shown now, as the process is changing its mappings or a page
 * table is wanting, is shown on its first touch.
 *
 * Context: process; queue->map held, so mmap_lock is not waited for.
 */
void lab_window_claim(struct lab_queue *q, const struct lab_block *blocks, u32 nr)
{
	struct vm_area_struct *vma;
	u32 i;

	lockdep_assert_held(&q->map);
	if (!nr || !q->window || !mmap_read_trylock(q->mm))
		return;
	vma = lab_window_vma(q);
	for (i = 0; vma && i < nr; i++)
		if (lab_window_show(q, vma, blocks[i].slot))
			break;
	mmap_read_unlock(q->mm);
}

/*
 * Hide @nr slots from @first on, by way of the file, which knows each of its
 * mappings until their page tables are cleared: one that munmap() or an exit is
 * about to take away, too.
 * Context: process; queue->map held.
 */
static void lab_window_hide(struct lab_queue *q, u32 first, u32 nr)
{
	u64 stride = lab_window_stride(q);

	lockdep_assert_held(&q->map);
	unmap_mapping_range(q->file->f_mapping, lab_window_offset(q) + first * stride,
			    nr * stride, 1);
}

/**
 * lab_window_release() - hide blocks that are about to be released
 * @q: the queue
 * @slots: in LAB_USER
 * @nr: how many
 *
 * Neighbours vanish in one operation.
 *
 * Context: process; queue->map held.
 */
void lab_window_release(struct lab_queue *q, const u32 *slots, u32 nr)
{
	u32 i, run;

	for (i = 0; i < nr; i += run) {
		for (run = 1; i + run < nr && slots[i + run] == slots[i] + run;)
			run++;
		lab_window_hide(q, slots[i], run);
	}
}

/**
 * lab_window_revoke() - take the window away: from here on a touch is SIGBUS
 * @q: the queue, stopped
 *
 * Context: process; queue->map not held.
 */
void lab_window_revoke(struct lab_queue *q)
{
	mutex_lock(&q->map);
	lab_window_hide(q, 0, q->setup.depth);
	q->window = 0;
	mutex_unlock(&q->map);
}
