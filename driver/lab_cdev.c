// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character device: open, the table of ioctls, poll, close.
 */
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "lab.h"

/* The device does not answer any more: nobody shall wait for it. Context: any. */
void lab_gone(struct lab_dev *lab)
{
	u32 i;

	WRITE_ONCE(lab->gone, true);
	for (i = 0; i < lab->num_queues; i++)
		wake_up_interruptible(&lab->queues[i].wait);
}

/* Whether the device still answers. Context: any. */
bool lab_alive(struct lab_dev *lab)
{
	if (READ_ONCE(lab->frozen))
		return false;
	if (readl(lab->regs + LAB_REG_ID) == LAB_ID_MAGIC)
		return true;
	lab_gone(lab);
	return false;
}

static int lab_open(struct inode *inode, struct file *file)
{
	struct lab_dev *lab = container_of(inode->i_cdev, struct lab_dev, cdev);
	struct lab_file *f;

	if (READ_ONCE(lab->gone))
		return -ENODEV;
	f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	if (!f)
		return -ENOMEM;
	f->lab = lab;
	mutex_init(&f->lock);
	get_device(&lab->dev);
	file->private_data = f;
	return stream_open(inode, file);
}

/* The last reference, so no call and no window is left */
static int lab_close(struct inode *inode, struct file *file)
{
	struct lab_file *f = file->private_data;
	struct lab_dev *lab = f->lab;

	down_read(&lab->life);
	if (f->queue && f->queue->file == file)	/* not if remove() came first */
		lab_queue_release(f->queue);
	up_read(&lab->life);
	mutex_destroy(&f->lock);
	kfree(f);
	put_device(&lab->dev);
	return 0;
}

struct lab_waiter {
	struct lab_queue *q;
	lab_ready_fn ready;
	const void *arg;
};

/* Whether to wait no longer; else, with the caller on q->wait, see that it is woken */
static bool lab_waiter_done(const struct lab_waiter *w)
{
	if (w->ready(w->q, w->arg) || READ_ONCE(w->q->error) || READ_ONCE(w->q->lab->gone))
		return true;
	lab_watch_arm(w->q);
	return false;
}

/**
 * lab_file_wait() - wait until a queue is ready, has stopped, or is gone
 * @f: open file with a queue; other calls on it may come between
 * @until: 0 at the first wait of a call; keeps when its time is over
 * @timeout_ns: how long it may wait in all
 * @ready: what is waited for
 * @arg: for @ready
 *
 * Context: process; f->lock held, and nothing else.
 * Return: 0, -ETIMEDOUT, -EINTR.
 */
int lab_file_wait(struct lab_file *f, ktime_t *until, u64 timeout_ns,
		  lab_ready_fn ready, const void *arg)
{
	struct lab_waiter w = { f->queue, ready, arg };
	ktime_t now = ktime_get();
	int ret;

	if (!*until)
		*until = ktime_add_safe(now, ns_to_ktime(timeout_ns));
	mutex_unlock(&f->lock);
	ret = wait_event_interruptible_hrtimeout(w.q->wait, lab_waiter_done(&w),
						 ktime_sub(*until, now));
	mutex_lock(&f->lock);
	if (ret == -ETIME)
		return -ETIMEDOUT;
	return ret ? -EINTR : 0;
}

static __poll_t lab_poll(struct file *file, poll_table *wait)
{
	struct lab_file *f = file->private_data;
	struct lab_queue *q = smp_load_acquire(&f->queue);	/* pairs with lab_queue_setup() */
	__poll_t mask = 0;

	if (!q)
		return EPOLLERR;
	poll_wait(file, &q->wait, wait);
	if (READ_ONCE(f->lab->gone))
		return EPOLLERR | EPOLLHUP;
	if (lab_queue_ready(q))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (lab_tx_writable(q))
		mask |= EPOLLOUT | EPOLLWRNORM;
	if (READ_ONCE(q->error))
		mask |= EPOLLERR;
	lab_watch_arm(q);
	return mask;
}

static int lab_info(struct lab_file *f, struct file *file, void *arg)
{
	struct lab_dev *lab = f->lab;
	struct lab_info *info = arg;

	if (info->flags || info->pad)
		return -EINVAL;
	if (!lab_alive(lab))
		return -ENODEV;
	*info = (struct lab_info) {
		.size = info->size,
		.device_version = lab->version,
		.caps = lab->caps,
		.num_queues = lab->num_queues,
		.max_order = lab->max_order,
		.min_depth = LAB_MIN_DEPTH,
		.max_depth = lab->max_depth,
		.max_reserve = LAB_MAX_RESERVE,
		.page_bytes = PAGE_SIZE,
		.node = dev_to_node(&lab->pdev->dev),
	};
	preempt_disable();
	info->monotonic_ns = ktime_get_ns();
	info->device_ns = readq(lab->regs + LAB_REG_CLOCK);
	info->monotonic_ns += (ktime_get_ns() - info->monotonic_ns) / 2;
	info->realtime_ns = ktime_get_real_ns();
	preempt_enable();
	return 0;
}

static int lab_setup(struct lab_file *f, struct file *file, void *arg)
{
	return lab_alive(f->lab) ? lab_queue_setup(f, file, arg) : -ENODEV;
}

static_assert(LAB_BURST_SIZE_PARETO == LAB_GEN_SIZE_PARETO);
static_assert(LAB_BURST_GAP_POISSON == LAB_GEN_GAP_POISSON);
static_assert(LAB_BURST_GAP_ONOFF == LAB_GEN_GAP_ONOFF);

static bool lab_burst_mode_valid(u32 mode)
{
	return !(mode & ~(LAB_GEN_SIZE_MASK | LAB_GEN_GAP_MASK)) &&
	       (mode & LAB_GEN_SIZE_MASK) <= LAB_GEN_SIZE_PARETO &&
	       (mode & LAB_GEN_GAP_MASK) <= LAB_GEN_GAP_ONOFF;
}

static bool lab_burst_valid(const struct lab_queue *q, const struct lab_burst *burst)
{
	u32 block_bytes = PAGE_SIZE << q->setup.order;

	return lab_burst_mode_valid(burst->mode) && burst->size_min &&
	       burst->size_min <= burst->size_max && burst->size_max <= lab_record_max(block_bytes);
}

static int lab_burst(struct lab_file *f, struct file *file, void *arg)
{
	const struct lab_burst *burst = arg;
	struct lab_queue *q = f->queue;

	if (!q)
		return -ENXIO;
	if (burst->flags & ~LAB_BURST_STOP)
		return -EINVAL;
	if (!lab_alive(f->lab))
		return -ENODEV;
	if (burst->flags & LAB_BURST_STOP) {
		writel(LAB_GEN_STOP, q->regs + LAB_Q_GEN_CTRL);
		return 0;
	}
	if (!lab_burst_valid(q, burst))
		return -EINVAL;
	if (burst->mode && f->lab->version < LAB_VERSION_GEN_MODE)
		return -EOPNOTSUPP;
	if (READ_ONCE(q->error))
		return -EIO;
	if (readl(q->regs + LAB_Q_STATUS) & LAB_Q_STATUS_GEN)
		return -EBUSY;
	writel(burst->size_min, q->regs + LAB_Q_GEN_SIZE_MIN);
	writel(burst->size_max, q->regs + LAB_Q_GEN_SIZE_MAX);
	writel(burst->burst, q->regs + LAB_Q_GEN_BURST);
	writeq(burst->count, q->regs + LAB_Q_GEN_COUNT);
	writeq(burst->seed, q->regs + LAB_Q_GEN_SEED);
	writeq(burst->gap_ns, q->regs + LAB_Q_GEN_GAP);
	if (f->lab->version >= LAB_VERSION_GEN_MODE)
		writel(burst->mode, q->regs + LAB_Q_GEN_MODE);
	writel(LAB_GEN_START, q->regs + LAB_Q_GEN_CTRL);
	return 0;
}

static int lab_stats(struct lab_file *f, struct file *file, void *arg)
{
	struct lab_stats *stats = arg;
	u32 index = stats->queue;

	if (index == LAB_QUEUE_ANY && !f->queue)
		return -ENXIO;
	if (index == LAB_QUEUE_ANY)
		index = f->queue->index;
	if (index >= f->lab->num_queues)
		return -EINVAL;
	if (!lab_alive(f->lab))
		return -ENODEV;
	lab_stats_read(&f->lab->queues[index], stats);
	return 0;
}

/* Context: process; lab->life held for writing: no other call is under way. */
static int lab_reset(struct lab_file *f, struct file *file, void *arg)
{
	struct lab_dev *lab = f->lab;
	struct lab_reset *reset = arg;

	if (reset->flags)
		return -EINVAL;
	if (!lab_alive(lab))
		return -ENODEV;
	lab_stop_all(lab);
	writel(LAB_CTRL_RESET, lab->regs + LAB_REG_CTRL);
	return 0;
}

static int lab_tune(struct lab_file *f, struct file *file, void *arg)
{
	if (!f->queue)
		return -ENXIO;
	return lab_alive(f->lab) ? lab_queue_tune(f->queue, arg) : -ENODEV;
}

/**
 * struct lab_op - an ioctl
 * @fn: does it; f->lock is held, and lab->life as @life says
 * @bytes: of its structure
 * @first_bytes: of the structure as it was in its first version
 * @life: how @fn wants lab->life
 */
struct lab_op {
	int (*fn)(struct lab_file *f, struct file *file, void *arg);
	u32 bytes;
	u32 first_bytes;
	enum { LAB_LIFE_READ, LAB_LIFE_WRITE, LAB_LIFE_OWN } life;
};

#define LAB_OP(name, fn, type, first_bytes, life) \
	[_IOC_NR(name)] = { fn, sizeof(struct type), first_bytes, life }

static const struct lab_op lab_ops[] = {
	LAB_OP(LAB_IOC_INFO, lab_info, lab_info, 72, LAB_LIFE_READ),
	LAB_OP(LAB_IOC_SETUP, lab_setup, lab_setup, 72, LAB_LIFE_READ),
	LAB_OP(LAB_IOC_EXCHANGE, lab_exchange, lab_exchange, 40, LAB_LIFE_OWN),
	LAB_OP(LAB_IOC_BURST, lab_burst, lab_burst, 48, LAB_LIFE_READ),
	LAB_OP(LAB_IOC_STATS, lab_stats, lab_stats, 1368, LAB_LIFE_READ),
	LAB_OP(LAB_IOC_TUNE, lab_tune, lab_tune, 40, LAB_LIFE_READ),
	LAB_OP(LAB_IOC_SEND, lab_send, lab_send, 32, LAB_LIFE_OWN),
	LAB_OP(LAB_IOC_RESET, lab_reset, lab_reset, 8, LAB_LIFE_WRITE),
	LAB_OP(LAB_IOC_INJECT, lab_inject, lab_inject, 32, LAB_LIFE_WRITE),
};

static int lab_op_call(const struct lab_op *op, struct lab_file *f, struct file *file, void *arg)
{
	struct lab_dev *lab = f->lab;
	int ret = -ENODEV;

	if (op->life == LAB_LIFE_OWN)
		return op->fn(f, file, arg);
	if (op->life == LAB_LIFE_WRITE && !capable(CAP_SYS_ADMIN))
		return -EPERM;	/* before the lock, for which all others would wait */
	if (op->life == LAB_LIFE_WRITE)
		down_write(&lab->life);
	else
		down_read(&lab->life);
	if (!READ_ONCE(lab->gone))
		ret = op->fn(f, file, arg);
	if (op->life == LAB_LIFE_WRITE)
		up_write(&lab->life);
	else
		up_read(&lab->life);
	return ret;
}

/* The structure in, the call, the structure out: @arg is big enough for it, and zeroed */
static int lab_op_run(const struct lab_op *op, struct lab_file *f, struct file *file,
		      u32 __user *user, void *arg)
{
	u32 bytes;
	int ret;

	/* The answer must have a place before anything is done */
	if (get_user(bytes, user) || put_user(bytes, user))
		return -EFAULT;
	if (bytes < op->first_bytes)
		return -EINVAL;
	if (bytes > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(arg, op->bytes, user, bytes);
	if (ret)
		return ret;
	if (mutex_lock_interruptible(&f->lock))
		return -ERESTARTNOINTR;		/* EINTR would say that something was done */
	ret = lab_op_call(op, f, file, arg);
	mutex_unlock(&f->lock);
	if (!ret && copy_to_user(user, arg, min(bytes, op->bytes)))
		return -EFAULT;
	return ret;
}

static long lab_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	u64 small[16] = {};	/* all but the counters */
	const struct lab_op *op;
	void *large;
	int ret;

	if (_IOC_TYPE(cmd) != LAB_IOC_TYPE || _IOC_DIR(cmd) != (_IOC_READ | _IOC_WRITE) ||
	    _IOC_NR(cmd) >= ARRAY_SIZE(lab_ops) || !lab_ops[_IOC_NR(cmd)].fn)
		return -ENOTTY;
	op = &lab_ops[_IOC_NR(cmd)];
	if (op->bytes <= sizeof(small))
		return lab_op_run(op, file->private_data, file, (u32 __user *)arg, small);
	large = kzalloc(op->bytes, GFP_KERNEL_ACCOUNT);
	if (!large)
		return -ENOMEM;
	ret = lab_op_run(op, file->private_data, file, (u32 __user *)arg, large);
	kfree(large);
	return ret;
}

const struct file_operations lab_fops = {
	.owner = THIS_MODULE,
	.open = lab_open,
	.release = lab_close,
	.unlocked_ioctl = lab_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.poll = lab_poll,
	.mmap = lab_window_mmap,
};
