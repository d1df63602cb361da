// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI: probe, remove, vectors; the module.
 */
#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "lab.h"

#define LAB_MINORS	256

static unsigned int limit_mib;
module_param(limit_mib, uint, 0444);
MODULE_PARM_DESC(limit_mib, "MiB for the blocks of one device (default: a quarter of the memory)");

static dev_t lab_devt;
static DEFINE_IDA(lab_ids);
static struct class lab_class = { .name = LAB_NAME };

static u64 lab_pages_limit(void)
{
	if (limit_mib)
		return (u64)limit_mib << (20 - PAGE_SHIFT);
	return totalram_pages() / 4;
}

/* The last reference to the device is gone: no file is open */
static void lab_dev_free(struct device *dev)
{
	struct lab_dev *lab = container_of(dev, struct lab_dev, dev);

	ida_free(&lab_ids, lab->id);
	kfree(lab->queues);
	kfree(lab);
}

static void lab_queue_init(struct lab_dev *lab, u32 index)
{
	struct lab_queue *q = &lab->queues[index];

	q->lab = lab;
	q->index = index;
	q->regs = lab->regs + LAB_QUEUE_PAGE(index);
	spin_lock_init(&q->lock);
	mutex_init(&q->map);
	init_waitqueue_head(&q->wait);
	lab_hrtimer_setup(&q->refill_timer, lab_refill_timer);
	lab_hrtimer_setup(&q->watch_timer, lab_watch);
	INIT_WORK(&q->refill_work, lab_refill_work);
	snprintf(q->name, sizeof(q->name), "%s-q%u", dev_name(&lab->dev), index);
}

/* What the device says of itself. Return: 0; -ENODEV if it is no Labyrinth of this version. */
static int lab_identify(struct lab_dev *lab)
{
	struct device *dev = &lab->pdev->dev;
	u32 limits, block_log2;

	lab->version = readl(lab->regs + LAB_REG_VERSION);
	lab->caps = readl(lab->regs + LAB_REG_CAPS);
	lab->num_queues = readl(lab->regs + LAB_REG_NUM_QUEUES);
	limits = readl(lab->regs + LAB_REG_LIMITS);
	block_log2 = LAB_LIMIT_BLOCK_LOG2(limits);
	if (readl(lab->regs + LAB_REG_ID) != LAB_ID_MAGIC ||
	    LAB_VERSION_MAJOR(lab->version) != LAB_VERSION_MAJOR(LAB_VERSION))
		return dev_err_probe(dev, -ENODEV, "unknown device, version %#x\n", lab->version);
	if (!lab->num_queues || lab->num_queues > LAB_MAX_QUEUES || block_log2 < PAGE_SHIFT)
		return dev_err_probe(dev, -ENODEV, "%u queues, limits %#x make no sense\n",
				     lab->num_queues, limits);
	lab->max_order = min3(block_log2 - PAGE_SHIFT, LAB_MAX_ORDERS - 1u,
			      LAB_PAGE_ORDER_MAX + 0u);
	lab->max_depth = min(1u << min(LAB_LIMIT_RING_LOG2(limits), 31u), LAB_MAX_DEPTH);
	return 0;
}

static struct lab_dev *lab_dev_alloc(struct pci_dev *pdev)
{
	struct lab_dev *lab = kzalloc(sizeof(*lab), GFP_KERNEL);

	if (!lab)
		return ERR_PTR(-ENOMEM);
	lab->id = ida_alloc_max(&lab_ids, LAB_MINORS - 1, GFP_KERNEL);
	if (lab->id < 0) {
		int ret = lab->id;

		kfree(lab);
		return ERR_PTR(ret);
	}
	lab->pdev = pdev;
	lab->regs = pcim_iomap_table(pdev)[LAB_BAR_REGS];
	lab->pages_max = lab_pages_limit();
	init_rwsem(&lab->life);
	mutex_init(&lab->owner_lock);
	device_initialize(&lab->dev);
	lab->dev.class = &lab_class;
	lab->dev.parent = &pdev->dev;
	lab->dev.devt = MKDEV(MAJOR(lab_devt), lab->id);
	lab->dev.release = lab_dev_free;
	return lab;
}

static int lab_queues_init(struct lab_dev *lab)
{
	u32 i;

	lab->queues = kcalloc(lab->num_queues, sizeof(*lab->queues), GFP_KERNEL);
	if (!lab->queues)
		return -ENOMEM;
	for (i = 0; i < lab->num_queues; i++)
		lab_queue_init(lab, i);
	return 0;
}

static void lab_queue_irqs_free(struct lab_dev *lab, u32 nr)
{
	while (nr--) {
		irq_set_affinity_and_hint(lab->queues[nr].irq, NULL);
		free_irq(lab->queues[nr].irq, &lab->queues[nr]);
	}
}

/* A vector a queue, spread over the CPUs. The handler finds each queue inactive. */
static int lab_queue_irqs_request(struct lab_dev *lab)
{
	int node = dev_to_node(&lab->pdev->dev);
	struct lab_queue *q;
	u32 i;
	int ret;

	for (i = 0; i < lab->num_queues; i++) {
		q = &lab->queues[i];
		q->irq = pci_irq_vector(lab->pdev, i);
		ret = request_threaded_irq(q->irq, lab_irq, lab_irq_thread, 0, q->name, q);
		if (ret) {
			lab_queue_irqs_free(lab, i);
			return ret;
		}
		irq_set_affinity_and_hint(q->irq, cpumask_of(cpumask_local_spread(i, node)));
	}
	return 0;
}

static int lab_shared_irq_request(struct lab_dev *lab)
{
	u32 i;

	for (i = 0; i < lab->num_queues; i++)
		lab->queues[i].irq = pci_irq_vector(lab->pdev, 0);
	return request_threaded_irq(pci_irq_vector(lab->pdev, 0), lab_irq_shared,
				    lab_irq_shared_thread, IRQF_SHARED, dev_name(&lab->dev), lab);
}

static void lab_irqs_free(struct lab_dev *lab)
{
	if (lab->irq_shared)
		free_irq(pci_irq_vector(lab->pdev, 0), lab);
	else
		lab_queue_irqs_free(lab, lab->num_queues);
	pci_free_irq_vectors(lab->pdev);
}

/* Without MSI-X, for whatever reason, the queues share an MSI, or the pin */
static int lab_irqs_request(struct lab_dev *lab)
{
	u32 nr = lab->num_queues;
	int ret;

	ret = pci_alloc_irq_vectors(lab->pdev, nr, nr, PCI_IRQ_MSIX);
	lab->irq_shared = ret < 0;
	if (lab->irq_shared)
		ret = pci_alloc_irq_vectors(lab->pdev, 1, 1, PCI_IRQ_MSI | PCI_IRQ_INTX);
	if (ret < 0)
		return ret;
	ret = lab->irq_shared ? lab_shared_irq_request(lab) : lab_queue_irqs_request(lab);
	if (ret)
		pci_free_irq_vectors(lab->pdev);
	return ret;
}

static int lab_dma_enable(struct pci_dev *pdev)
{
	u32 caps = readl(pcim_iomap_table(pdev)[LAB_BAR_REGS] + LAB_REG_CAPS);

	if (!(caps & LAB_CAP_DMA32) &&
	    !dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64)))
		return 0;
	return dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
}

static int lab_pci_enable(struct pci_dev *pdev)
{
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = pcim_iomap_regions(pdev, BIT(LAB_BAR_REGS), LAB_NAME);
	if (ret)
		return ret;
	if (pci_resource_len(pdev, LAB_BAR_REGS) < LAB_BAR_REGS_BYTES)
		return dev_err_probe(&pdev->dev, -ENODEV, "BAR%u is too small\n", LAB_BAR_REGS);
	return lab_dma_enable(pdev);
}

static int lab_dev_prepare(struct lab_dev *lab)
{
	int ret;

	ret = lab_identify(lab);
	if (ret)
		return ret;
	ret = dev_set_name(&lab->dev, LAB_NAME "%d", lab->id);
	if (ret)
		return ret;
	ret = lab_queues_init(lab);
	if (ret)
		return ret;
	return lab_stats_groups(lab);
}

static int lab_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct lab_dev *lab;
	int ret;

	ret = lab_pci_enable(pdev);
	if (ret)
		return ret;
	lab = lab_dev_alloc(pdev);
	if (IS_ERR(lab))
		return PTR_ERR(lab);
	pci_set_drvdata(pdev, lab);
	ret = lab_dev_prepare(lab);
	if (ret)
		goto put_dev;
	writel(LAB_CTRL_RESET, lab->regs + LAB_REG_CTRL);
	ret = lab_irqs_request(lab);
	if (ret)
		goto put_dev;
	pci_set_master(pdev);

	cdev_init(&lab->cdev, &lab_fops);
	lab->cdev.owner = THIS_MODULE;
	ret = cdev_device_add(&lab->cdev, &lab->dev);
	if (ret)
		goto clear_master;
	lab_recover_init(lab);
	return 0;

clear_master:
	pci_clear_master(pdev);
	lab_irqs_free(lab);
put_dev:
	put_device(&lab->dev);
	return ret;
}

/* Open files stay, and get -ENODEV; their blocks are taken back here. */
static void lab_remove(struct pci_dev *pdev)
{
	struct lab_dev *lab = pci_get_drvdata(pdev);
	u32 i;

	lab_recover_exit(lab);
	cdev_device_del(&lab->cdev, &lab->dev);
	down_write(&lab->life);
	WRITE_ONCE(lab->gone, true);
	for (i = 0; i < lab->num_queues; i++)
		if (lab->queues[i].file)
			lab_queue_release(&lab->queues[i]);
	up_write(&lab->life);
	pci_clear_master(pdev);
	lab_irqs_free(lab);
	put_device(&lab->dev);
}

static const struct pci_device_id lab_pci_ids[] = {
	{ PCI_DEVICE(LAB_PCI_VENDOR_ID, LAB_PCI_DEVICE_ID) },
	{}
};
MODULE_DEVICE_TABLE(pci, lab_pci_ids);

static struct pci_driver lab_driver = {
	.name = LAB_NAME,
	.id_table = lab_pci_ids,
	.probe = lab_probe,
	.remove = lab_remove,
	.err_handler = &lab_err_handlers,
	.driver.pm = pm_sleep_ptr(&lab_pm_ops),
};

static int __init lab_init(void)
{
	int ret;

	ret = alloc_chrdev_region(&lab_devt, 0, LAB_MINORS, LAB_NAME);
	if (ret)
		return ret;
	ret = class_register(&lab_class);
	if (ret)
		goto unregister_chrdev;
	ret = pci_register_driver(&lab_driver);
	if (ret)
		goto unregister_class;
	return 0;

unregister_class:
	class_unregister(&lab_class);
unregister_chrdev:
	unregister_chrdev_region(lab_devt, LAB_MINORS);
	return ret;
}
module_init(lab_init);

static void __exit lab_exit(void)
{
	pci_unregister_driver(&lab_driver);
	class_unregister(&lab_class);
	unregister_chrdev_region(lab_devt, LAB_MINORS);
	ida_destroy(&lab_ids);
}
module_exit(lab_exit);

MODULE_DESCRIPTION("Labyrinth PCIe data acquisition device");
MODULE_AUTHOR("The Labyrinth authors");
MODULE_LICENSE("GPL");
