/* An open loop: requests fall due at random (Poisson) at a given rate, whether or not earlier ones are answered.
 *
 *     paced PORT RATE SECONDS CONNECTIONS PATHS HOT TAKEN SAMPLES
 *
 * PATHS has one path a line, or "POST PATH FORM"; nine requests in ten go to its first HOT lines (0: all alike). Each request takes a kept
 * connection that is free; where none is, it waits, and its time runs from when it was due: nothing is omitted because
 * the server was slow. Microseconds of each answer of status 200 are written to TAKEN as 32-bit numbers; every 500th
 * answer to SAMPLES, as "LINE-OF-ITS-PATH BYTES\n" and the whole answer. Prints: due, answered with 200, otherwise, never.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 20, EVENTS = 256, SAMPLE_EVERY = 500, PATIENCE_SECONDS = 5 };

struct connection {
    int socket;
    int path;          /* of the request that it carries, or -1 */
    double due;        /* when that request should have been sent */
    size_t received;
    char *answer;
};

struct run {
    double rate, seconds;
    int connections, paths, hot, free_count, first_free;
    char **requests;
    struct connection *all;
    struct connection **free_ones; /* a ring: all take their turn */
    double *waiting;               /* when the requests fell due that no connection was free for: a ring */
    long waiting_first, waiting_count, most_waiting;
    long due, answered, otherwise;
    FILE *taken, *samples;
    int epoll, port;
    unsigned short of_times[3], of_paths[3]; /* what is drawn: the same in each run, however the server fares */
};

static void stop(const char *why) {
    fprintf(stderr, "paced: %s (%s)\n", why, strerror(errno));
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

/* The whole request that a line stands for. */
static char *written(struct run *run, char *line) {
    char *whole, *path = line, *form = NULL;
    if (strncmp(line, "POST ", 5) == 0) {
        path = line + 5;
        form = strchr(path, ' ');
        if (!form)
            stop("a form is missing");
        *form++ = 0;
    }
    int length = form ? asprintf(&whole,
                                 "POST %s HTTP/1.1\r\nHost: localhost:%d\r\n"
                                 "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
                                 path, run->port, strlen(form), form)
                      : asprintf(&whole, "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nAccept-Encoding: gzip\r\n\r\n",
                                 path, run->port);
    if (length < 0)
        stop("no memory");
    return whole;
}

static void read_paths(struct run *run, const char *name) {
    FILE *file = fopen(name, "r");
    if (!file)
        stop("no such list of paths");
    char *line = NULL;
    size_t room = 0, kept = 0;
    ssize_t length;
    while ((length = getline(&line, &room, file)) > 1) {
        line[length - 1] = 0;
        if ((size_t)run->paths == kept) {
            kept = kept ? 2 * kept : 1024;
            run->requests = realloc(run->requests, kept * sizeof(char *));
        }
        run->requests[run->paths++] = written(run, line);
    }
    free(line);
    fclose(file);
    if (!run->paths)
        stop("the list of paths is empty");
}

static void set_free(struct run *run, struct connection *one) {
    one->path = -1;
    run->free_ones[(run->first_free + run->free_count++) % run->connections] = one;
}

static void connect_all(struct run *run) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(run->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    run->epoll = epoll_create1(0);
    run->all = calloc(run->connections, sizeof *run->all);
    run->free_ones = calloc(run->connections, sizeof *run->free_ones);
    for (int number = 0; number < run->connections; number++) {
        struct connection *one = &run->all[number];
        int yes = 1;
        one->socket = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(one->socket, (struct sockaddr *)&to, sizeof to) < 0)
            stop("no connection");
        setsockopt(one->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        one->answer = malloc(MOST_BYTES + 1);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
        epoll_ctl(run->epoll, EPOLL_CTL_ADD, one->socket, &event);
        set_free(run, one);
    }
}

static int draw(struct run *run) {
    int among = run->hot && nrand48(run->of_paths) % 10 ? run->hot : run->paths;
    return nrand48(run->of_paths) % among;
}

/* Sends what is due as far as connections are free. */
static void send_waiting(struct run *run) {
    while (run->waiting_count && run->free_count) {
        struct connection *one = run->free_ones[run->first_free];
        run->first_free = (run->first_free + 1) % run->connections;
        run->free_count--;
        one->due = run->waiting[run->waiting_first];
        run->waiting_first = (run->waiting_first + 1) % run->most_waiting;
        run->waiting_count--;
        one->path = draw(run);
        one->received = 0;
        const char *request = run->requests[one->path];
        if (send(one->socket, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
            stop("a request could not be sent");
    }
}

/* The bytes of the whole answer, or 0 while its head is not there. */
static size_t whole_length(struct connection *one) {
    one->answer[one->received] = 0;
    char *end = strstr(one->answer, "\r\n\r\n");
    if (!end)
        return 0;
    char *length = strcasestr(one->answer, "\r\ncontent-length:");
    if (!length || length > end)
        stop("an answer without Content-Length");
    return (end + 4 - one->answer) + strtoul(length + 17, NULL, 10);
}

static void note(struct run *run, struct connection *one) {
    if (strncmp(one->answer + 9, "200", 3) == 0) {
        uint32_t microseconds = (now() - one->due) * 1e6;
        fwrite(&microseconds, sizeof microseconds, 1, run->taken);
        run->answered++;
    } else {
        run->otherwise++;
    }
    if ((run->answered + run->otherwise) % SAMPLE_EVERY == 1) {
        fprintf(run->samples, "%d %zu\n", one->path, one->received);
        fwrite(one->answer, 1, one->received, run->samples);
    }
}

static void receive(struct run *run, struct connection *one) {
    ssize_t got = recv(one->socket, one->answer + one->received, MOST_BYTES - one->received, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0)
        stop("a connection was closed");
    one->received += got;
    size_t whole = whole_length(one);
    if (whole && one->received >= whole) {
        note(run, one);
        set_free(run, one);
    }
}

/* Lets requests fall due whose time has come; gives the seconds until the next one, or until the end of patience. */
static double let_fall_due(struct run *run, double *next, double until) {
    double at = now();
    while (*next <= at && *next < until) {
        run->waiting[(run->waiting_first + run->waiting_count++) % run->most_waiting] = *next;
        run->due++;
        *next += -log(1 - erand48(run->of_times)) / run->rate;
    }
    return (*next < until ? *next : until + PATIENCE_SECONDS) - at;
}

static void keep_pace(struct run *run) {
    double began = now(), until = began + run->seconds, next = began;
    struct epoll_event events[EVENTS];
    for (;;) {
        double rest = let_fall_due(run, &next, until);
        send_waiting(run);
        int is_over = next >= until;
        if (is_over && (run->answered + run->otherwise == run->due || rest <= 0))
            return;
        struct timespec sleep = {.tv_sec = rest > 0 ? (time_t)rest : 0};
        sleep.tv_nsec = rest > 0 ? (rest - sleep.tv_sec) * 1e9 : 0;
        int count = epoll_pwait2(run->epoll, events, EVENTS, &sleep, NULL);
        for (int number = 0; number < count; number++)
            receive(run, events[number].data.ptr);
    }
}

int main(int count, char **words) {
    if (count != 9) {
        fprintf(stderr, "paced PORT RATE SECONDS CONNECTIONS PATHS HOT TAKEN SAMPLES\n");
        return 2;
    }
    struct run run = {.port = atoi(words[1]), .rate = atof(words[2]), .seconds = atof(words[3])};
    run.connections = atoi(words[4]);
    run.hot = atoi(words[6]);
    read_paths(&run, words[5]);
    run.taken = fopen(words[7], "wb");
    run.samples = fopen(words[8], "wb");
    if (!run.taken || !run.samples)
        stop("no file for what is found");
    run.most_waiting = 2 * run.rate * run.seconds + 10000;
    run.waiting = calloc(run.most_waiting, sizeof(double));
    prctl(PR_SET_TIMERSLACK, 1000);
    connect_all(&run);
    keep_pace(&run);
    printf("%ld %ld %ld %ld\n", run.due, run.answered, run.otherwise, run.due - run.answered - run.otherwise);
    return fclose(run.taken) || fclose(run.samples);
}
