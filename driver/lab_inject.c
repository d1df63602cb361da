// SPDX-License-Identifier: GPL-2.0-only
/*
 * LAB_IOC_INJECT: ask the device to misbehave, to see that all survive it.
 */
#include "lab.h"

static bool lab_inject_valid(const struct lab_inject *x)
{
	if (x->flags & LAB_INJECT_QUERY)
		return !(x->flags & ~LAB_INJECT_QUERY);
	return !x->flags && !(x->faults & ~LAB_FAULT_ALL) && x->period;
}

/**
 * lab_inject() - LAB_IOC_INJECT
 * @f: open file
 * @file: the same
 * @arg: struct lab_inject
 *
 * Context: process; lab->life held for writing, the caller has CAP_SYS_ADMIN.
 * Return: 0, -EOPNOTSUPP, -EINVAL, -ENODEV.
 */
int lab_inject(struct lab_file *f, struct file *file, void *arg)
{
	void __iomem *regs = f->lab->regs;
	struct lab_inject *x = arg;

	if (!(f->lab->caps & LAB_CAP_FAULT))
		return -EOPNOTSUPP;
	if (!lab_inject_valid(x))
		return -EINVAL;
	if (!lab_alive(f->lab))
		return -ENODEV;
	x->count = readq(regs + LAB_REG_FAULT_COUNT);
	if (x->flags & LAB_INJECT_QUERY) {
		x->faults = readl(regs + LAB_REG_FAULT);
		x->period = readl(regs + LAB_REG_FAULT_PERIOD);
		x->seed = readq(regs + LAB_REG_FAULT_SEED);
		return 0;
	}
	writel(0, regs + LAB_REG_FAULT);
	writel(x->period, regs + LAB_REG_FAULT_PERIOD);
	writeq(x->seed, regs + LAB_REG_FAULT_SEED);
	writel(x->faults, regs + LAB_REG_FAULT);
	return 0;
}
