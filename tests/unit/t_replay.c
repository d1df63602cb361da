// SPDX-License-Identifier: MIT
/* labreplay: comparing finds every difference, sending arrives whole */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "replay.h"
#include "tap.h"

#define SSH_PCAP	CAPTURES "/ssh.pcap"
#define SSH_PACKETS	54

static char dir[] = "/tmp/labreplay-test.XXXXXX";

/* Each name has its own buffer, which stays valid */
static const char *path_of(const char *name)
{
	static char paths[16][128];
	const size_t prefix = strlen(dir) + 1;
	int i = 0;

	while (paths[i][0] && strcmp(paths[i] + prefix, name))
		i++;
	snprintf(paths[i], sizeof(paths[i]), "%s/%s", dir, name);
	return paths[i];
}

/*
 * A copy of ssh.pcap with one byte of one packet changed, or @drop packets
 * fewer, or the last packet one byte shorter
 */
static void write_variant(const char *path, uint64_t number, uint32_t byte, unsigned int drop,
			  uint32_t shorter)
{
	char message[PCAP_ERRBUF_SIZE];
	pcap_t *from = pcap_open_offline(SSH_PCAP, message);
	pcap_dumper_t *to = pcap_dump_open(from, path);
	struct pcap_pkthdr *header;
	const u_char *data;
	static u_char copy[65536];

	for (uint64_t n = 1; n <= SSH_PACKETS - drop; n++) {
		struct pcap_pkthdr changed;

		CU_ASSERT_EQUAL_FATAL(pcap_next_ex(from, &header, &data), 1);
		memcpy(copy, data, header->caplen);
		if (n == number)
			copy[byte] ^= 0x10;
		changed = *header;
		if (n == SSH_PACKETS)
			changed.caplen -= shorter;
		pcap_dump((u_char *)to, &changed, copy);
	}
	pcap_dump_close(to);
	pcap_close(from);
}

/* stdout of what follows goes into a file, for as long as a test needs */
static int saved_stdout = -1;

static void hold_stdout(void)
{
	int fd = open(path_of("out"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CU_ASSERT_FATAL(fd >= 0);
	fflush(stdout);
	saved_stdout = dup(STDOUT_FILENO);
	dup2(fd, STDOUT_FILENO);
	close(fd);
}

static const char *said(void)
{
	static char text[256];
	FILE *file;

	fflush(stdout);
	dup2(saved_stdout, STDOUT_FILENO);
	close(saved_stdout);
	file = fopen(path_of("out"), "r");
	memset(text, 0, sizeof(text));
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	if (fread(text, 1, sizeof(text) - 1, file) == 0)
		text[0] = 0;
	fclose(file);
	return text;
}

static void capture_equals_itself(void)
{
	CU_ASSERT_EQUAL(replay_compare(SSH_PCAP, SSH_PCAP), REPLAY_OK);
}

static void every_packet_is_compared(void)
{
	const char *changed = path_of("changed.pcap");
	int found = 0;

	for (uint64_t n = 1; n <= SSH_PACKETS; n++) {
		write_variant(changed, n, 53, 0, 0);
		hold_stdout();
		found += replay_compare(SSH_PCAP, changed) == REPLAY_FAILED;
		said();
	}
	CU_ASSERT_EQUAL(found, SSH_PACKETS);
}

static void flipped_byte_is_told_with_packet_and_place(void)
{
	int status;

	write_variant(path_of("changed.pcap"), 17, 42, 0, 0);
	hold_stdout();
	status = replay_compare(SSH_PCAP, path_of("changed.pcap"));
	CU_ASSERT_EQUAL(strncmp(said(), "packet 17: byte 42 of ", 22), 0);
	CU_ASSERT_EQUAL(status, REPLAY_FAILED);
}

static void missing_packet_is_told_from_both_sides(void)
{
	int status;

	write_variant(path_of("fewer.pcap"), 0, 0, 1, 0);
	hold_stdout();
	status = replay_compare(SSH_PCAP, path_of("fewer.pcap"));
	CU_ASSERT_STRING_EQUAL(said(), "54 packets, but 53\n");
	CU_ASSERT_EQUAL(status, REPLAY_FAILED);
	hold_stdout();
	status = replay_compare(path_of("fewer.pcap"), SSH_PCAP);
	CU_ASSERT_STRING_EQUAL(said(), "53 packets, but 54\n");
	CU_ASSERT_EQUAL(status, REPLAY_FAILED);
}

static void shorter_packet_is_told(void)
{
	int status;

	write_variant(path_of("shorter.pcap"), 0, 0, 0, 1);
	hold_stdout();
	status = replay_compare(SSH_PCAP, path_of("shorter.pcap"));
	CU_ASSERT_EQUAL(strncmp(said(), "packet 54: ", 11), 0);
	CU_ASSERT_EQUAL(status, REPLAY_FAILED);
}

static void packets_of_a_capture_are_counted(void)
{
	uint64_t packets = 0;

	CU_ASSERT_EQUAL(replay_count(SSH_PCAP, &packets), REPLAY_OK);
	CU_ASSERT_EQUAL(packets, SSH_PACKETS);
	CU_ASSERT_EQUAL(replay_count(CAPTURES "/afs.pcap", &packets), REPLAY_OK);
	CU_ASSERT_EQUAL(packets, 601);
}

static void broken_or_missing_file_is_no_difference_but_an_error(void)
{
	uint64_t packets;

	CU_ASSERT_EQUAL(replay_compare(SSH_PCAP, path_of("none")), REPLAY_USAGE);
	CU_ASSERT_EQUAL(replay_compare(path_of("none"), SSH_PCAP), REPLAY_USAGE);
	write_variant(path_of("cut.pcap"), 0, 0, 0, 0);
	CU_ASSERT_EQUAL(truncate(path_of("cut.pcap"), 5000), 0);
	CU_ASSERT_EQUAL(replay_count(path_of("cut.pcap"), &packets), REPLAY_USAGE);
	CU_ASSERT_EQUAL(replay_compare(SSH_PCAP, path_of("cut.pcap")), REPLAY_USAGE);
}

/* A peer that speaks QEMU's framing and writes down what it gets */
struct peer {
	int listener;
	pthread_t thread;
	uint64_t frames;
	uint64_t bytes;
	bool whole;
};

static bool receive_exactly(int fd, void *to, size_t bytes)
{
	return recv(fd, to, bytes, MSG_WAITALL) == (ssize_t)bytes;
}

static void *peer_thread(void *arg)
{
	static uint8_t frame[70000];
	struct peer *peer = arg;
	uint32_t length;
	int fd = accept(peer->listener, NULL, NULL);

	usleep(300000);	/* QEMU, too, holds the wire back at first */
	peer->whole = true;
	while (receive_exactly(fd, &length, 4)) {
		peer->whole &= receive_exactly(fd, frame, ntohl(length));
		peer->frames++;
		peer->bytes += ntohl(length);
	}
	close(fd);
	return NULL;
}

static void peer_start(struct peer *peer, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memset(peer, 0, sizeof(*peer));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	peer->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	CU_ASSERT_EQUAL_FATAL(bind(peer->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	CU_ASSERT_EQUAL_FATAL(listen(peer->listener, 1), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&peer->thread, NULL, peer_thread, peer), 0);
}

static void peer_join(struct peer *peer, const char *path)
{
	pthread_join(peer->thread, NULL);
	close(peer->listener);
	unlink(path);
}

static void all_frames_arrive_at_a_slow_peer(void)
{
	const char *path = path_of("wire");
	struct replay_send send = {
		.file = CAPTURES "/afs.pcap", .path = path, .repeat = 2, .patience_ms = 5000,
	};
	struct peer peer;
	int status;

	peer_start(&peer, path);
	hold_stdout();
	status = replay_send(&send);
	CU_ASSERT_STRING_EQUAL(said(), "1202 frames sent\n");
	peer_join(&peer, path);
	CU_ASSERT_EQUAL(status, REPLAY_OK);
	CU_ASSERT_EQUAL(peer.frames, 1202);
	CU_ASSERT_TRUE(peer.whole);
}

static void count_limits_each_pass(void)
{
	const char *path = path_of("wire2");
	struct replay_send send = {
		.file = SSH_PCAP, .path = path, .count = 5, .repeat = 3, .patience_ms = 5000,
	};
	struct peer peer;
	int status;

	peer_start(&peer, path);
	hold_stdout();
	status = replay_send(&send);
	said();
	peer_join(&peer, path);
	CU_ASSERT_EQUAL(status, REPLAY_OK);
	CU_ASSERT_EQUAL(peer.frames, 15);
}

static void what_cannot_be_read_twice_is_not_repeated(void)
{
	struct replay_send send = {
		.file = "-", .path = path_of("nobody"), .repeat = 2, .patience_ms = 100,
	};

	CU_ASSERT_EQUAL(replay_send(&send), REPLAY_USAGE);
	CU_ASSERT_EQUAL(mkfifo(path_of("fifo"), 0600), 0);
	send.file = path_of("fifo");
	CU_ASSERT_EQUAL(replay_send(&send), REPLAY_USAGE);
	unlink(send.file);
}

static void nobody_listening_is_an_error_after_the_patience(void)
{
	struct replay_send send = {
		.file = SSH_PCAP, .path = path_of("nobody"), .repeat = 1, .patience_ms = 100,
	};

	CU_ASSERT_EQUAL(replay_send(&send), REPLAY_FAILED);
}

static void peer_that_takes_nothing_is_an_error_after_the_patience(void)
{
	const char *path = path_of("stuck");
	struct replay_send send = {
		.file = CAPTURES "/afs.pcap", .path = path, .repeat = 1, .patience_ms = 200,
	};
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	CU_ASSERT_EQUAL(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	CU_ASSERT_EQUAL(listen(listener, 1), 0);
	CU_ASSERT_EQUAL(replay_send(&send), REPLAY_FAILED);
	close(listener);
	unlink(path);
}

static int make_dir(void)
{
	return !mkdtemp(dir);
}

static int remove_dir(void)
{
	static const char *const names[] = { "out", "changed.pcap", "fewer.pcap", "shorter.pcap",
					     "cut.pcap", "wire", "wire2", "stuck" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	return rmdir(dir);
}

static CU_TestInfo tests[] = {
	TAP_TEST(capture_equals_itself),
	TAP_TEST(every_packet_is_compared),
	TAP_TEST(flipped_byte_is_told_with_packet_and_place),
	TAP_TEST(missing_packet_is_told_from_both_sides),
	TAP_TEST(shorter_packet_is_told),
	TAP_TEST(packets_of_a_capture_are_counted),
	TAP_TEST(broken_or_missing_file_is_no_difference_but_an_error),
	TAP_TEST(all_frames_arrive_at_a_slow_peer),
	TAP_TEST(count_limits_each_pass),
	TAP_TEST(what_cannot_be_read_twice_is_not_repeated),
	TAP_TEST(nobody_listening_is_an_error_after_the_patience),
	TAP_TEST(peer_that_takes_nothing_is_an_error_after_the_patience),
	CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
	{ .pName = "replay", .pInitFunc = make_dir, .pCleanupFunc = remove_dir, .pTests = tests },
	CU_SUITE_INFO_NULL,
};

int main(void)
{
	return tap_run(suites);
}
