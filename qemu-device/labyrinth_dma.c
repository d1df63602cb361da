/*
 * Labyrinth: DMA
 *
 * It reaches RAM only.  A descriptor, ring or block in another device's
 * registers (or in ours) is refused, so DMA never calls into a device.
 *
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "qemu/osdep.h"
#include "qemu/rcu.h"

#include "labyrinth.h"

/* Mapping anything but RAM would read a device's registers to a buffer */
static bool lab_dma_is_ram(AddressSpace *as, uint64_t addr, DMADirection dir)
{
    hwaddr offset, len = 1;

    RCU_READ_LOCK_GUARD();
    return memory_region_is_ram(address_space_translate(
        as, addr, &offset, &len, dir == DMA_DIRECTION_FROM_DEVICE,
        MEMTXATTRS_UNSPECIFIED));
}

static bool lab_dma_reaches(const LabState *s, uint64_t addr, uint32_t len)
{
    return s->dma_bits == 64 ||
           (addr <= UINT32_MAX && addr + len <= 1ull << 32);
}

/* Return: all of the range in host memory, or NULL if not all of it is RAM */
void *lab_dma_map(LabQueue *q, uint64_t addr, uint32_t len, DMADirection dir)
{
    AddressSpace *as = pci_get_address_space(PCI_DEVICE(q->dev));
    dma_addr_t mapped = len;
    ram_addr_t offset;
    void *host;

    if (!lab_dma_reaches(q->dev, addr, len) || !lab_dma_is_ram(as, addr, dir)) {
        return NULL;
    }
    host = dma_memory_map(as, addr, &mapped, dir, MEMTXATTRS_UNSPECIFIED);
    if (!host) {
        return NULL;
    }
    if (mapped == len && memory_region_from_host(host, &offset)) {
        return host;
    }
    dma_memory_unmap(as, host, mapped, dir, 0);
    return NULL;
}

/* @written: bytes written, from the start of the mapping */
void lab_dma_unmap(LabQueue *q, void *host, uint32_t len, DMADirection dir,
                   uint32_t written)
{
    dma_memory_unmap(pci_get_address_space(PCI_DEVICE(q->dev)), host, len, dir,
                     written);
}

/* Return: whether all of it was written */
bool lab_dma_write(LabQueue *q, uint64_t addr, const void *data, uint32_t len)
{
    void *host = lab_dma_map(q, addr, len, DMA_DIRECTION_FROM_DEVICE);

    if (!host) {
        return false;
    }
    memcpy(host, data, len);
    lab_dma_unmap(q, host, len, DMA_DIRECTION_FROM_DEVICE, len);
    return true;
}
