// SPDX-License-Identifier: GPL-2.0
/*
 * A test fixture, not a product: one RDMA device that can be opened and has
 * protection domains, and nothing else. Name, driver id, uverbs ABI version
 * and node GUID are parameters, for the cases of a provider that matches by
 * name or by id, or that must refuse an ABI version.
 */

#include <linux/module.h>
#include <linux/string.h>
#include <rdma/ib_verbs.h>
#include <uapi/rdma/ib_user_ioctl_verbs.h>

#define pr_name KBUILD_MODNAME ": "

static char *name = "rib9";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "name of the device");

static unsigned int driver_id;
module_param(driver_id, uint, 0444);
MODULE_PARM_DESC(driver_id, "its RDMA_DRIVER_... id; 0 is \"none\"");

static unsigned int uverbs_abi_ver = 1;
module_param(uverbs_abi_ver, uint, 0444);
MODULE_PARM_DESC(uverbs_abi_ver, "its uverbs ABI version");

static unsigned long node_guid = 0x0200000000000009UL;
module_param(node_guid, ulong, 0444);
MODULE_PARM_DESC(node_guid, "its node GUID, as a number");

struct lab_dev {
	struct ib_device ibdev;
};

struct lab_ucontext {
	struct ib_ucontext ibuc;
};

struct lab_pd {
	struct ib_pd ibpd;
};

static struct lab_dev *lab;

static int lab_query_device(struct ib_device *ibdev,
			    struct ib_device_attr *attr, struct ib_udata *udata)
{
	memset(attr, 0, sizeof(*attr));
	attr->sys_image_guid = ibdev->node_guid;
	attr->max_pd = 1024;
	return 0;
}

static int lab_query_port(struct ib_device *ibdev, u32 port,
			  struct ib_port_attr *attr)
{
	/* The core has cleared it. */
	attr->state = IB_PORT_ACTIVE;
	attr->phys_state = IB_PORT_PHYS_STATE_LINK_UP;
	attr->max_mtu = IB_MTU_4096;
	attr->active_mtu = IB_MTU_1024;
	attr->active_width = IB_WIDTH_1X;
	attr->active_speed = IB_SPEED_SDR;
	return 0;
}

/* No protocol at all: no GID table, no MADs, no connection manager. */
static int lab_get_port_immutable(struct ib_device *ibdev, u32 port,
				  struct ib_port_immutable *immutable)
{
	return 0;
}

static enum rdma_link_layer lab_get_link_layer(struct ib_device *ibdev,
					       u32 port)
{
	return IB_LINK_LAYER_ETHERNET;
}

static int lab_alloc_ucontext(struct ib_ucontext *ibuc, struct ib_udata *udata)
{
	return 0;
}

static void lab_dealloc_ucontext(struct ib_ucontext *ibuc)
{
}

static int lab_alloc_pd(struct ib_pd *ibpd, struct ib_udata *udata)
{
	return 0;
}

static int lab_dealloc_pd(struct ib_pd *ibpd, struct ib_udata *udata)
{
	return 0;
}

/* Not const: the parameters go in before it is handed over. */
static struct ib_device_ops lab_ops = {
	.owner = THIS_MODULE,
	.query_device = lab_query_device,
	.query_port = lab_query_port,
	.get_port_immutable = lab_get_port_immutable,
	.get_link_layer = lab_get_link_layer,
	.alloc_ucontext = lab_alloc_ucontext,
	.dealloc_ucontext = lab_dealloc_ucontext,
	.alloc_pd = lab_alloc_pd,
	.dealloc_pd = lab_dealloc_pd,
	INIT_RDMA_OBJ_SIZE(ib_ucontext, lab_ucontext, ibuc),
	INIT_RDMA_OBJ_SIZE(ib_pd, lab_pd, ibpd),
};

static int __init rib_lab_dev_init(void)
{
	int ret;

	/* A '%' would be a pattern for a number; the name is to be exact. */
	if (!*name || strlen(name) >= IB_DEVICE_NAME_MAX ||
	    strpbrk(name, "%/")) {
		pr_err(pr_name "not a device name: name=%s\n", name);
		return -EINVAL;
	}

	lab = ib_alloc_device(lab_dev, ibdev);
	if (!lab)
		return -ENOMEM;

	lab->ibdev.node_type = RDMA_NODE_IB_CA;
	lab->ibdev.phys_port_cnt = 1;
	lab->ibdev.num_comp_vectors = 1;
	lab->ibdev.node_guid = cpu_to_be64(node_guid);
	strscpy(lab->ibdev.node_desc, "test fixture",
		sizeof(lab->ibdev.node_desc));

	lab_ops.driver_id = driver_id;
	lab_ops.uverbs_abi_ver = uverbs_abi_ver;
	ib_set_device_ops(&lab->ibdev, &lab_ops);

	ret = ib_register_device(&lab->ibdev, name, NULL);
	if (ret) {
		pr_err(pr_name "registering %s: %d\n", name, ret);
		ib_dealloc_device(&lab->ibdev);
	}
	return ret;
}

static void __exit rib_lab_dev_exit(void)
{
	ib_unregister_device(&lab->ibdev);
	ib_dealloc_device(&lab->ibdev);
}

module_init(rib_lab_dev_init);
module_exit(rib_lab_dev_exit);

MODULE_DESCRIPTION("test fixture: an RDMA device that does nothing");
MODULE_AUTHOR("verbsmith");
MODULE_LICENSE("GPL v2");
