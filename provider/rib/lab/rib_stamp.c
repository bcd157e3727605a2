// SPDX-License-Identifier: GPL-2.0
/*
 * A test fixture, not a product: it gives soft-RoCE devices whose name begins
 * with "rib" another driver id, so that libibverbs takes them for rib devices
 * and the provider can be tried against a kernel that really moves data.
 *
 * It has to be loaded after ib_core and before ib_uverbs. ib_core offers a new
 * device to its clients in the order of their registration. ib_uverbs copies
 * the id of a device when the device is offered to it and compares every ioctl
 * with that copy, so a stamp that comes later is one that netlink reports and
 * ioctls refuse. Where a device had been there before this module, load it
 * before the device is made: it stamps both, but only the second works.
 *
 * While a device is stamped its driver is held: rdma_rxe finds its devices by
 * driver id when it is unloaded and would leave the stamped ones behind,
 * without their code. "rdma link delete" does not look at the id: use it first.
 *
 * rdma_rxe also looks for the device of a network device by its own id, when a
 * packet has come and when a link has gone down or up. A probe on that search
 * answers with the stamped device where there is no other.
 */

#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/ptrace.h>
#include <linux/string.h>
#include <rdma/ib_verbs.h>
#include <uapi/rdma/ib_user_ioctl_verbs.h>

#define pr_name KBUILD_MODNAME ": "

static char *prefix = "rib";
module_param(prefix, charp, 0444);
MODULE_PARM_DESC(prefix, "begin of the names of the devices to stamp");

static unsigned int driver_id;
module_param(driver_id, uint, 0444);
MODULE_PARM_DESC(driver_id, "the RDMA_DRIVER_... id they get (required)");

static struct ib_client rib_stamp_client;

static int rib_stamp_add(struct ib_device *device)
{
	if (strncmp(dev_name(&device->dev), prefix, strlen(prefix)))
		return -EOPNOTSUPP;
	if (device->ops.driver_id != RDMA_DRIVER_RXE)
		return -EOPNOTSUPP;
	if (!try_module_get(device->ops.owner))
		return -ENODEV;

	device->ops.driver_id = driver_id;
	ib_set_client_data(device, &rib_stamp_client, device);
	dev_info(&device->dev, pr_name "driver id %u instead of %u\n",
		 driver_id, RDMA_DRIVER_RXE);
	return 0;
}

/*
 * When the device goes, ib_uverbs has let go of it already: clients are
 * removed in the reverse order. When this module goes and the device stays,
 * then ib_uverbs keeps its copy of the id until the device is made anew; until
 * then ioctls with the restored id are refused, and nothing worse.
 */
static void rib_stamp_remove(struct ib_device *device, void *client_data)
{
	if (device->ops.driver_id == driver_id)
		device->ops.driver_id = RDMA_DRIVER_RXE;
	module_put(device->ops.owner);
	dev_info(&device->dev, pr_name "driver id restored\n");
}

static struct ib_client rib_stamp_client = {
	.name = KBUILD_MODNAME,
	.add = rib_stamp_add,
	.remove = rib_stamp_remove,
};

/* What ib_device_get_by_netdev() has been asked for. */
struct rib_stamp_search {
	struct net_device *ndev;
	enum rdma_driver_id driver_id;
};

static int rib_stamp_asked(struct kretprobe_instance *instance,
			   struct pt_regs *regs)
{
	struct rib_stamp_search *search = (void *)instance->data;

	search->ndev = (void *)regs_get_kernel_argument(regs, 0);
	search->driver_id = regs_get_kernel_argument(regs, 1);
	return 0;
}

/*
 * The search made here is not probed again: a probe that is hit from within one
 * is passed over.
 */
static int rib_stamp_answered(struct kretprobe_instance *instance,
			      struct pt_regs *regs)
{
	struct rib_stamp_search *search = (void *)instance->data;
	struct ib_device *device;

	if (regs_return_value(regs) || search->driver_id != RDMA_DRIVER_RXE)
		return 0;
	device = ib_device_get_by_netdev(search->ndev, driver_id);
	if (device)
		regs_set_return_value(regs, (unsigned long)device);
	return 0;
}

static struct kretprobe rib_stamp_probe = {
	.kp.symbol_name = "ib_device_get_by_netdev",
	.entry_handler = rib_stamp_asked,
	.handler = rib_stamp_answered,
	.data_size = sizeof(struct rib_stamp_search),
	.maxactive = 64,
};

static int __init rib_stamp_init(void)
{
	int ret;

	if (driver_id == RDMA_DRIVER_UNKNOWN || driver_id == RDMA_DRIVER_RXE) {
		pr_err(pr_name "driver_id=%u: give the provider's id\n",
		       driver_id);
		return -EINVAL;
	}
	if (!*prefix) {
		pr_err(pr_name "an empty prefix= would stamp every device\n");
		return -EINVAL;
	}

	ret = register_kretprobe(&rib_stamp_probe);
	if (ret)
		return ret;
	ret = ib_register_client(&rib_stamp_client);
	if (ret)
		unregister_kretprobe(&rib_stamp_probe);
	return ret;
}

static void __exit rib_stamp_exit(void)
{
	ib_unregister_client(&rib_stamp_client);
	unregister_kretprobe(&rib_stamp_probe);
}

module_init(rib_stamp_init);
module_exit(rib_stamp_exit);

MODULE_DESCRIPTION("test fixture: other driver id for soft-RoCE devices");
MODULE_AUTHOR("verbsmith");
MODULE_LICENSE("GPL v2");
