// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device stops under its users, and comes back: reset, PCIe errors, sleep.
 *
 * Each time queues that are set up stop with EIO, and new set-ups work once it
 * is over.  In between the device is frozen: it counts as not there (ENODEV).
 */
#include "lab.h"

/**
 * lab_stop_all() - stop every queue that has an owner, who gets EIO
 * @lab: the device
 *
 * Context: process; lab->life held for writing.
 */
void lab_stop_all(struct lab_dev *lab)
{
	u32 i;

	lockdep_assert_held_write(&lab->life);
	for (i = 0; i < lab->num_queues; i++)
		if (lab->queues[i].file)
			lab_queue_stop(&lab->queues[i], LAB_QERR_RESET);
}

static bool lab_answers(const struct lab_dev *lab)
{
	return readl(lab->regs + LAB_REG_ID) == LAB_ID_MAGIC;
}

/* Context: process. */
static void lab_freeze(struct lab_dev *lab)
{
	down_write(&lab->life);
	lab_stop_all(lab);
	lab->frozen = true;
	up_write(&lab->life);
}

/* Its configuration is as it was; all else is as after a reset. Context: process. */
static int lab_thaw(struct lab_dev *lab)
{
	pci_save_state(lab->pdev);	/* restoring used it up */
	if (!lab_answers(lab)) {
		lab_gone(lab);
		return -ENODEV;
	}
	writel(LAB_CTRL_RESET, lab->regs + LAB_REG_CTRL);
	down_write(&lab->life);
	lab->frozen = false;
	up_write(&lab->life);
	return 0;
}

/* Before and after a function-level reset */
static void lab_reset_prepare(struct pci_dev *pdev)
{
	lab_freeze(pci_get_drvdata(pdev));
}

static void lab_reset_done(struct pci_dev *pdev)
{
	lab_thaw(pci_get_drvdata(pdev));
}

/*
 * What the device has delivered since may be wrong, whether the link is frozen
 * or not: nothing of it is trusted.
 */
static pci_ers_result_t lab_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct lab_dev *lab = pci_get_drvdata(pdev);

	lab_freeze(lab);
	if (state != pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_NEED_RESET;
	lab_gone(lab);
	return PCI_ERS_RESULT_DISCONNECT;
}

static pci_ers_result_t lab_slot_reset(struct pci_dev *pdev)
{
	struct lab_dev *lab = pci_get_drvdata(pdev);

	pci_restore_state(pdev);
	if (lab_answers(lab))
		return PCI_ERS_RESULT_RECOVERED;
	lab_gone(lab);
	return PCI_ERS_RESULT_DISCONNECT;
}

static void lab_error_resume(struct pci_dev *pdev)
{
	lab_thaw(pci_get_drvdata(pdev));
}

const struct pci_error_handlers lab_err_handlers = {
	.error_detected = lab_error_detected,
	.slot_reset = lab_slot_reset,
	.resume = lab_error_resume,
	.reset_prepare = lab_reset_prepare,
	.reset_done = lab_reset_done,
};

static int lab_suspend(struct device *dev)
{
	lab_freeze(dev_get_drvdata(dev));
	return 0;
}

static int lab_resume(struct device *dev)
{
	return lab_thaw(dev_get_drvdata(dev));
}

DEFINE_SIMPLE_DEV_PM_OPS(lab_pm_ops, lab_suspend, lab_resume);

/* Context: process, at the end of probe. */
void lab_recover_init(struct lab_dev *lab)
{
	lab_error_reporting_on(lab->pdev);
	pci_save_state(lab->pdev);
}

/* Context: process, when the device is removed. */
void lab_recover_exit(struct lab_dev *lab)
{
	lab_error_reporting_off(lab->pdev);
}
