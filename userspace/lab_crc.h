/* SPDX-License-Identifier: MIT */
/* Inside liblabyrinth: CRC-32C */
#ifndef LAB_CRC_H
#define LAB_CRC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint32_t lab_crc(uint32_t crc, const void *p, size_t n);
uint32_t lab_crc_tables(uint32_t crc, const void *p, size_t n);

#endif
