// SPDX-License-Identifier: MIT
/*
 * Runs in the guest: the command, with its output sent to the host in frames.
 * The port to the host is file descriptor 3.
 */
#define _GNU_SOURCE
#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT_FD 3

static void die(const char *what)
{
	perror(what);
	exit(STATUS_LOST);
}

static void write_all(const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(PORT_FD, bytes, length);

		if (n < 0 && errno != EINTR)
			die("lab: port to the host");
		if (n > 0) {
			bytes += n;
			length -= (size_t)n;
		}
	}
}

/* Header and bytes go out in one write: a frame costs the guest one exit */
static void send_frame(enum frame_type type, unsigned int arg, const char *bytes, size_t length)
{
	static char buffer[sizeof(struct frame) + FRAME_BYTES_MAX];
	struct frame frame = {
		.type = (uint8_t)type,
		.arg = (uint8_t)arg,
		.length = (uint32_t)length,
	};

	memcpy(buffer, &frame, sizeof(frame));
	if (length)
		memcpy(buffer + sizeof(frame), bytes, length);
	write_all(buffer, sizeof(frame) + length);
}

static void send_text(enum frame_type type, unsigned int arg, const char *text)
{
	send_frame(type, arg, text, strnlen(text, FRAME_BYTES_MAX));
}

/* The NUL-terminated strings of file @path, and a NULL */
static char **read_strings(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char **strings, *text, *end;
	size_t count = 0;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	text = malloc((size_t)st.st_size + 1);
	strings = calloc((size_t)st.st_size + 1, sizeof(*strings));
	if (!text || !strings || read(fd, text, (size_t)st.st_size) != st.st_size)
		die(path);
	close(fd);
	for (end = text + st.st_size; text < end; text += strlen(text) + 1)
		strings[count++] = text;
	return strings;
}

static void exec_command(char **argv, const int out[2], const int err[2])
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;
	int error;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	dup2(null, STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	dup2(err[1], STDERR_FILENO);
	close_range(3, ~0u, 0);
	execvp(argv[0], argv);
	error = errno;
	dprintf(STDERR_FILENO, "lab: %s: %s\n", argv[0],
		error == ENOENT ? "not found in the guest" : strerror(error));
	_exit(error == ENOENT ? 127 : 126);
}

/* Send on what waits in the pipe; false at its end */
static int pump(int fd, unsigned int arg)
{
	char bytes[FRAME_BYTES_MAX];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n > 0)
		send_frame(FRAME_OUTPUT, arg, bytes, (size_t)n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/*
 * Until the command itself has ended.  What it left running may hold the
 * pipes open for ever, so their end is no sign; but all that was written
 * before the command ended is still in them, and is sent.
 */
static int relay_output(pid_t child, int out, int err, int sigfd)
{
	struct pollfd fds[] = {
		{ .fd = out, .events = POLLIN },
		{ .fd = err, .events = POLLIN },
		{ .fd = sigfd, .events = POLLIN },
	};
	int ended = 0, status = 0;

	for (;;) {
		int n = poll(fds, 3, ended ? 0 : -1);

		if (ended && n == 0)
			return status;
		for (unsigned int i = 0; i < 2; i++)
			if (fds[i].revents && !pump(fds[i].fd, i + 1))
				fds[i].fd = -1;
		if (fds[2].revents) {
			ended = waitpid(child, &status, WNOHANG) == child;
			fds[2].fd = ended ? -1 : sigfd;
		}
	}
}

static int run(char **argv)
{
	int out[2], err[2], sigfd, status;
	sigset_t set;
	pid_t child;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sigfd < 0 || pipe(out) || pipe(err))
		die("lab: relay");
	child = fork();
	if (child < 0)
		die("lab: fork");
	if (child == 0)
		exec_command(argv, out, err);
	close(out[1]);
	close(err[1]);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	status = relay_output(child, out[0], err[0], sigfd);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void fetch(const char *path, unsigned int number)
{
	char bytes[FRAME_BYTES_MAX];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : 0;

	if (fd >= 0) {
		send_frame(FRAME_FILE, number, NULL, 0);
		while ((n = read(fd, bytes, sizeof(bytes))) > 0)
			send_frame(FRAME_FILE, number, bytes, (size_t)n);
		close(fd);
	}
	if (n < 0) {
		snprintf(bytes, sizeof(bytes), "%s: %s", path, strerror(errno));
		send_text(FRAME_FILE_LOST, number, bytes);
	}
}

static int usage(void)
{
	fputs("usage: guest-relay run FILE | fetch FILE | failed TEXT | status N\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	char **paths;

	if (argc != 3)
		return usage();
	if (!strcmp(argv[1], "run"))
		return run(read_strings(argv[2]));
	if (!strcmp(argv[1], "fetch")) {
		paths = read_strings(argv[2]);
		for (unsigned int i = 0; paths[i]; i++)
			fetch(paths[i], i);
		return 0;
	}
	if (!strcmp(argv[1], "failed"))
		send_text(FRAME_FAILED, 0, argv[2]);
	else if (!strcmp(argv[1], "status"))
		send_frame(FRAME_STATUS, (unsigned int)atoi(argv[2]), NULL, 0);
	else
		return usage();
	return 0;
}
