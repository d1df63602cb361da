// SPDX-License-Identifier: MIT
/*
 * Runs on the host: starts QEMU and turns the frames of the guest's relay
 * back into the output, the files and the exit status of the command.
 *
 * QEMU finds the other end of the port's socket as file descriptor 3.
 */
#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT_FD 3

struct relay {
	const char *log;	/* QEMU's own messages */
	char **files;		/* where fetched files go, by number */
	int nr_files;
	int file_fd;		/* the one being fetched, or -1 */
	int failed;		/* the bench's own failures, told to the user already */
	pid_t qemu;
	int port;
	int64_t deadline_ms;	/* on now_ms(), 0: none */
};

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
	stop_signal = number;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void die(const char *what)
{
	fprintf(stderr, "lab: %s: %s\n", what, strerror(errno));
	exit(STATUS_LOST);
}

/* QEMU must not outlive this process, however it ends */
static void exec_qemu(const struct relay *relay, int port, char **argv)
{
	int log = open(relay->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int null = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	dup2(null, STDIN_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	if (port != PORT_FD)
		dup2(port, PORT_FD);
	else
		fcntl(port, F_SETFD, 0);
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static void start_qemu(struct relay *relay, char **argv)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		die("socketpair");
	relay->port = ends[0];
	relay->qemu = fork();
	if (relay->qemu < 0)
		die("fork");
	if (relay->qemu == 0)
		exec_qemu(relay, ends[1], argv);
	close(ends[1]);
}

static void stop_qemu(const struct relay *relay)
{
	for (int i = 0; i < 300; i++) {
		if (i == 0)
			kill(relay->qemu, SIGTERM);
		if (waitpid(relay->qemu, NULL, WNOHANG) != 0)
			return;
		poll(NULL, 0, 10);
	}
	kill(relay->qemu, SIGKILL);
	waitpid(relay->qemu, NULL, 0);
}

/* @length bytes from the guest; 0, or the exit status that says why not */
static int receive(const struct relay *relay, void *to, size_t length)
{
	char *bytes = to;

	while (length) {
		struct pollfd fd = { .fd = relay->port, .events = POLLIN };
		int64_t left = relay->deadline_ms ? relay->deadline_ms - now_ms() : -1;
		ssize_t n;

		if (stop_signal)
			return 128 + stop_signal;
		if (relay->deadline_ms && left <= 0)
			return STATUS_TIMEOUT;
		/* a signal just before poll() is seen a second later */
		if (poll(&fd, 1, left < 0 || left > 1000 ? 1000 : (int)left) <= 0)
			continue;
		n = read(relay->port, bytes, length);
		if (n <= 0)
			return STATUS_LOST;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -1;
		if (n < 0)
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, 1000);
		if (n < 0 && stop_signal)
			return 0;
		if (n > 0) {
			bytes += n;
			length -= (size_t)n;
		}
	}
	return 0;
}

static void complain(struct relay *relay, const char *what, const char *why)
{
	fprintf(stderr, "lab: %s: %s\n", what, why);
	relay->failed = 1;
}

static void take_file(struct relay *relay, const struct frame *frame, const char *bytes)
{
	const char *path = relay->files[frame->arg];

	if (frame->length == 0) {
		if (relay->file_fd >= 0)
			close(relay->file_fd);
		relay->file_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (relay->file_fd < 0)
			complain(relay, path, strerror(errno));
	} else if (relay->file_fd >= 0 && write_all(relay->file_fd, bytes, frame->length)) {
		complain(relay, path, strerror(errno));
	}
}

static void take_frame(struct relay *relay, const struct frame *frame, const char *bytes)
{
	switch (frame->type) {
	case FRAME_OUTPUT:
		if (write_all(frame->arg, bytes, frame->length))
			die(frame->arg == 1 ? "stdout" : "stderr");
		break;
	case FRAME_FILE:
		if (frame->arg < relay->nr_files)
			take_file(relay, frame, bytes);
		break;
	case FRAME_FILE_LOST:
	case FRAME_FAILED:
		complain(relay, "guest", bytes);
		break;
	}
}

/* Until the guest has told the status of its command; 0, or why it did not */
static int relay_frames(struct relay *relay, int *status)
{
	static char bytes[FRAME_BYTES_MAX + 1];
	struct frame frame;
	int error;

	do {
		error = receive(relay, &frame, sizeof(frame));
		if (!error && frame.length > FRAME_BYTES_MAX)
			error = STATUS_LOST;
		if (!error)
			error = receive(relay, bytes, frame.length);
		if (error)
			return error;
		bytes[frame.length] = '\0';
		take_frame(relay, &frame, bytes);
	} while (frame.type != FRAME_STATUS);
	*status = frame.arg == 0 && relay->failed ? STATUS_LOST : frame.arg;
	return 0;
}

/* File @path exists if the guest did not end as it should, and says how it did */
static void note_end(const char *path, int error)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return;
	if (error == STATUS_TIMEOUT)
		fputs("timeout\n", file);
	else
		fputs(error == STATUS_LOST ? "lost\n" : "stopped\n", file);
	fclose(file);
}

static void catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/* host-relay SECONDS RUN-DIRECTORY FETCHED-FILE... -- QEMU ARG... */
int main(int argc, char **argv)
{
	char log[4096], end[4096];
	struct relay relay = { .file_fd = -1, .log = log };
	int i = 3, error, status = 0;

	while (i < argc && strcmp(argv[i], "--"))
		i++;
	if (i + 1 >= argc) {
		fputs("usage: host-relay SECONDS DIRECTORY [FILE...] -- QEMU ARG...\n", stderr);
		return 2;
	}
	relay.files = argv + 3;
	relay.nr_files = i - 3;
	snprintf(log, sizeof(log), "%s/qemu.log", argv[2]);
	snprintf(end, sizeof(end), "%s/end", argv[2]);
	if (atoi(argv[1]) > 0)
		relay.deadline_ms = now_ms() + atoi(argv[1]) * 1000LL;
	catch_signals();
	start_qemu(&relay, argv + i + 1);
	error = relay_frames(&relay, &status);
	stop_qemu(&relay);
	if (error)
		note_end(end, error);
	return error ? error : status;
}
