// SPDX-License-Identifier: MIT
/* Ethernet frames of a capture file, over and over */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "frames.h"
#include "labctl.h"

/**
 * frames_open - begin with the first frame, for the first time or again
 * @f: says which file
 *
 * Return: exit status; what went wrong has been said.
 */
int frames_open(struct frames *f)
{
	char error[PCAP_ERRBUF_SIZE] = "";

	frames_close(f);
	f->pcap = pcap_open_offline(f->file, error);
	if (!f->pcap)
		return fail_usage("%s%s%s: expected a capture, pcap or pcapng",
				  strstr(error, f->file) ? "" : f->file,
				  strstr(error, f->file) ? "" : ": ", error);
	if (pcap_datalink(f->pcap) != DLT_EN10MB)
		return fail_usage("%s: link type %s: expected Ethernet frames", f->file,
				  pcap_datalink_val_to_name(pcap_datalink(f->pcap)));
	f->rounds++;
	return STATUS_OK;
}

/**
 * frames_next - the next frame
 * @f: opened
 * @frame: returns it, valid until the next call; NULL after the last
 * @bytes: returns its length
 *
 * Return: exit status; what went wrong has been said.
 */
int frames_next(struct frames *f, const uint8_t **frame, uint32_t *bytes)
{
	struct pcap_pkthdr *header;
	int ret;

	*frame = NULL;
	if (f->count && f->packets == f->count)
		return STATUS_OK;
	ret = pcap_next_ex(f->pcap, &header, frame);
	if (ret == PCAP_ERROR_BREAK && f->packets && f->rounds < f->repeat) {
		ret = frames_open(f);
		if (ret)
			return ret;
		ret = pcap_next_ex(f->pcap, &header, frame);
	}
	if (ret == PCAP_ERROR_BREAK) {
		*frame = NULL;
		return STATUS_OK;
	}
	if (ret != 1)
		return fail_usage("%s: after packet %" PRIu64 ": %s", f->file, f->packets,
				  pcap_geterr(f->pcap));
	f->packets++;
	*bytes = header->caplen;
	return STATUS_OK;
}

void frames_close(struct frames *f)
{
	if (f->pcap)
		pcap_close(f->pcap);
	f->pcap = NULL;
}

/* What a pipe gave is gone. Of a file that is not there frames_open() speaks. */
bool frames_readable_twice(const char *file)
{
	struct stat st;

	return stat(file, &st) || S_ISREG(st.st_mode);
}
