// The limit of fan-out: the packets of a stream, encrypted and sent to so many destinations in real time, with nothing else around
// them. One segmented send (UDP_SEGMENT) for each destination and run of packets of one size, 64 messages a sendmmsg; AES-GCM or
// AES-CTR with HMAC-SHA1 by OpenSSL, keys of their own for every destination.
//
// Usage: limit DESTINATIONS SECONDS gcm|cm GRO SOCKETS < mix
//   mix: "MICROSECONDS SEGMENT_BYTES ALL_BYTES" for each message that a destination gets, in order; last, "MICROSECONDS 0 0": the length.
// Prints: packets sent, CPU nanoseconds of the sending thread, bytes sent, bytes received, milliseconds late at most.
//
// The receivers are as the load generator's: each of SOCKETS sockets takes the packets for its share of the addresses 127.64.0.0
// and up, and a thread drains it and then rests for a millisecond. What receiving costs that thread is not counted; what delivering
// over loopback costs is the sender's, as it is for any server on the same machine.
//
// libcrypto is loaded at run time, so that no development package is needed: gcc -O2 limit.c -o limit
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

enum {
    MOST_MESSAGES = 4096,
    MOST_SOCKETS = 64,
    MOST_SEGMENTS = 64,
    MOST_SEGMENTED_BYTES = 65000,
    BATCH = 64,
    RECEIVED_BATCH = 32,
    SLOT = 1 << 16,
    HEADER = 20, // RTP and the extension that says the section
    BUFFER_BYTES = 4 << 20,
};

// The few functions of libcrypto that are needed, by their manual pages.
typedef struct evp_cipher EVP_CIPHER;
typedef struct evp_cipher_ctx EVP_CIPHER_CTX;
typedef struct evp_mac EVP_MAC;
typedef struct evp_mac_ctx EVP_MAC_CTX;
typedef struct { const char *key; unsigned type; void *data; size_t size, returned; } OSSL_PARAM;
static const EVP_CIPHER *(*EVP_aes_128_gcm_)(void), *(*EVP_aes_128_ctr_)(void);
static EVP_CIPHER_CTX *(*EVP_CIPHER_CTX_new_)(void);
static int (*EVP_EncryptInit_ex_)(EVP_CIPHER_CTX *, const EVP_CIPHER *, void *, const unsigned char *, const unsigned char *);
static int (*EVP_EncryptUpdate_)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int);
static int (*EVP_EncryptFinal_ex_)(EVP_CIPHER_CTX *, unsigned char *, int *);
static int (*EVP_CIPHER_CTX_ctrl_)(EVP_CIPHER_CTX *, int, int, void *);
static EVP_MAC *(*EVP_MAC_fetch_)(void *, const char *, const char *);
static EVP_MAC_CTX *(*EVP_MAC_CTX_new_)(EVP_MAC *);
static int (*EVP_MAC_init_)(EVP_MAC_CTX *, const unsigned char *, size_t, const OSSL_PARAM *);
static int (*EVP_MAC_update_)(EVP_MAC_CTX *, const unsigned char *, size_t);
static int (*EVP_MAC_final_)(EVP_MAC_CTX *, unsigned char *, size_t *, size_t);
static OSSL_PARAM (*OSSL_PARAM_construct_utf8_string_)(const char *, char *, size_t);
static OSSL_PARAM (*OSSL_PARAM_construct_end_)(void);
enum { EVP_CTRL_AEAD_GET_TAG = 0x10 };

struct message { long long at; int segment, bytes; };
struct destination { EVP_CIPHER_CTX *cipher; EVP_MAC_CTX *mac; struct sockaddr_in address; uint64_t index; };

static struct message mix[MOST_MESSAGES];
static int mix_count;
static long long mix_length;
static int use_gcm;
static unsigned char plain[2048];
static volatile int is_over;
static long long received[MOST_SOCKETS];
static int receivers[MOST_SOCKETS];

static void die(const char *what) { perror(what); exit(1); }
static long long now(clockid_t clock) { struct timespec t; clock_gettime(clock, &t); return t.tv_sec * 1000000000LL + t.tv_nsec; }

static void load_crypto(void)
{
    void *library = dlopen("libcrypto.so.3", RTLD_NOW);
    if (!library) { fprintf(stderr, "libcrypto.so.3 (OpenSSL 3) is not there\n"); exit(1); }
#define LOAD(name) if (!(*(void **)&name##_ = dlsym(library, #name))) { fprintf(stderr, "libcrypto has no " #name "\n"); exit(1); }
    LOAD(EVP_aes_128_gcm) LOAD(EVP_aes_128_ctr) LOAD(EVP_CIPHER_CTX_new) LOAD(EVP_EncryptInit_ex) LOAD(EVP_EncryptUpdate)
    LOAD(EVP_EncryptFinal_ex) LOAD(EVP_CIPHER_CTX_ctrl) LOAD(EVP_MAC_fetch) LOAD(EVP_MAC_CTX_new) LOAD(EVP_MAC_init)
    LOAD(EVP_MAC_update) LOAD(EVP_MAC_final) LOAD(OSSL_PARAM_construct_utf8_string) LOAD(OSSL_PARAM_construct_end)
#undef LOAD
}

static void make_keys(struct destination *to, int number)
{
    static EVP_MAC *hmac;
    unsigned char key[20];
    for (int i = 0; i < 20; i++) key[i] = (unsigned char)(number * 31 + i * 7);
    to->cipher = EVP_CIPHER_CTX_new_();
    EVP_EncryptInit_ex_(to->cipher, use_gcm ? EVP_aes_128_gcm_() : EVP_aes_128_ctr_(), NULL, key, NULL);
    if (use_gcm) return;
    if (!hmac && !(hmac = EVP_MAC_fetch_(NULL, "HMAC", NULL))) { fprintf(stderr, "libcrypto has no HMAC\n"); exit(1); }
    OSSL_PARAM digest[] = { OSSL_PARAM_construct_utf8_string_("digest", "SHA1", 0), OSSL_PARAM_construct_end_() };
    to->mac = EVP_MAC_CTX_new_(hmac);
    EVP_MAC_init_(to->mac, key, sizeof key, digest);
}

// Header, encrypted payload and tag of one packet. Salts are left out: the work is the same.
static void protect(struct destination *to, unsigned char *out, int bytes)
{
    unsigned char iv[16] = { 0 };
    int written, tag = use_gcm ? 16 : 10, payload = bytes - HEADER - tag;
    uint64_t index = to->index++;
    memcpy(out, plain, HEADER);
    out[2] = (unsigned char)(index >> 8);
    out[3] = (unsigned char)index;
    memcpy(iv + 4, &index, sizeof index);
    EVP_EncryptInit_ex_(to->cipher, NULL, NULL, NULL, iv);
    if (use_gcm) {
        EVP_EncryptUpdate_(to->cipher, NULL, &written, out, HEADER);
        EVP_EncryptUpdate_(to->cipher, out + HEADER, &written, plain + HEADER, payload);
        EVP_EncryptFinal_ex_(to->cipher, out + HEADER + written, &written);
        EVP_CIPHER_CTX_ctrl_(to->cipher, EVP_CTRL_AEAD_GET_TAG, tag, out + HEADER + payload);
        return;
    }
    unsigned char rollovers[4] = { 0 }, mac[20];
    size_t mac_bytes;
    EVP_EncryptUpdate_(to->cipher, out + HEADER, &written, plain + HEADER, payload);
    EVP_MAC_init_(to->mac, NULL, 0, NULL);
    EVP_MAC_update_(to->mac, out, (size_t)(HEADER + payload));
    EVP_MAC_update_(to->mac, rollovers, sizeof rollovers);
    EVP_MAC_final_(to->mac, mac, &mac_bytes, sizeof mac);
    memcpy(out + HEADER + payload, mac, (size_t)tag);
}

static void *drain(void *argument)
{
    int number = (int)(intptr_t)argument;
    static __thread struct mmsghdr headers[RECEIVED_BATCH];
    static __thread struct iovec vectors[RECEIVED_BATCH];
    static __thread char controls[RECEIVED_BATCH][96];
    static __thread struct sockaddr_in names[RECEIVED_BATCH];
    unsigned char *data = malloc((size_t)RECEIVED_BATCH * SLOT);
    struct pollfd poller = { .fd = receivers[number], .events = POLLIN };
    while (!is_over) {
        if (poll(&poller, 1, 100) <= 0) continue;
        for (;;) {
            for (int i = 0; i < RECEIVED_BATCH; i++) {
                vectors[i] = (struct iovec){ data + (size_t)i * SLOT, SLOT };
                headers[i].msg_hdr = (struct msghdr){ .msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &vectors[i],
                    .msg_iovlen = 1, .msg_control = controls[i], .msg_controllen = sizeof controls[i] };
            }
            int count = recvmmsg(receivers[number], headers, RECEIVED_BATCH, MSG_DONTWAIT, NULL);
            for (int i = 0; i < count; i++) received[number] += headers[i].msg_len;
            if (count < RECEIVED_BATCH) break;
        }
        nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
    }
    free(data);
    return NULL;
}

static int open_receiver(int gro)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), bytes = BUFFER_BYTES, on = 1;
    struct sockaddr_in any = { .sin_family = AF_INET };
    if (fd < 0 || bind(fd, (void *)&any, sizeof any)) die("receiver");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes)) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    if (gro && setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on)) die("UDP_GRO");
    return fd;
}

static struct mmsghdr out_headers[BATCH];
static struct iovec out_vectors[BATCH];
static union { char bytes[CMSG_SPACE(sizeof(uint16_t))]; struct cmsghdr header; } out_controls[BATCH];
static unsigned char *arena;
static int queued, sender;

static void flush(void)
{
    for (int sent = 0; sent < queued;) {
        int count = sendmmsg(sender, out_headers + sent, (unsigned)(queued - sent), 0);
        if (count < 0) die("sendmmsg");
        sent += count;
    }
    queued = 0;
}

static int enqueue(struct destination *to, const struct message *message)
{
    unsigned char *out = arena + (size_t)queued * SLOT;
    int packets = 0;
    for (int offset = 0; offset < message->bytes; offset += message->segment, packets++)
        protect(to, out + offset, message->bytes - offset < message->segment ? message->bytes - offset : message->segment);
    out_vectors[queued] = (struct iovec){ out, (size_t)message->bytes };
    struct msghdr *header = &out_headers[queued].msg_hdr;
    *header = (struct msghdr){ .msg_name = &to->address, .msg_namelen = sizeof to->address, .msg_iov = &out_vectors[queued], .msg_iovlen = 1 };
    if (packets > 1) {
        out_controls[queued].header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(uint16_t)), .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT };
        *(uint16_t *)CMSG_DATA(&out_controls[queued].header) = (uint16_t)message->segment;
        header->msg_control = &out_controls[queued];
        header->msg_controllen = sizeof out_controls[queued];
    }
    if (++queued == BATCH) flush();
    return packets;
}

static void read_mix(void)
{
    struct message line;
    while (scanf("%lld %d %d", &line.at, &line.segment, &line.bytes) == 3) {
        if (line.bytes == 0) { mix_length = line.at; break; }
        int last = (line.bytes - 1) % line.segment + 1;
        int fits = line.segment <= (int)sizeof plain && last >= HEADER + 16 && line.bytes <= MOST_SEGMENTED_BYTES && (line.bytes - 1) / line.segment < MOST_SEGMENTS;
        if (!fits || mix_count == MOST_MESSAGES) { fprintf(stderr, "a message of %d bytes in segments of %d cannot be sent\n", line.bytes, line.segment); exit(1); }
        mix[mix_count++] = line;
    }
    if (mix_count == 0 || mix_length <= mix[mix_count - 1].at) { fprintf(stderr, "the mix of packets is incomplete\n"); exit(1); }
}

int main(int argc, char **argv)
{
    if (argc != 6) { fprintf(stderr, "usage: limit DESTINATIONS SECONDS gcm|cm GRO SOCKETS < mix\n"); return 2; }
    int count = atoi(argv[1]), gro = atoi(argv[4]), sockets = atoi(argv[5]);
    double seconds = atof(argv[2]);
    use_gcm = !strcmp(argv[3], "gcm");
    if (count < 1 || count > 65536 || seconds <= 0 || sockets < 1 || sockets > MOST_SOCKETS) { fprintf(stderr, "out of range\n"); return 2; }
    load_crypto();
    read_mix();
    memset(plain, 0x5A, sizeof plain);

    pthread_t threads[MOST_SOCKETS];
    for (int i = 0; i < sockets; i++) {
        receivers[i] = open_receiver(gro);
        pthread_create(&threads[i], NULL, drain, (void *)(intptr_t)i);
    }
    struct destination *to = calloc((size_t)count, sizeof *to);
    for (int i = 0; i < count; i++) {
        socklen_t size = sizeof to[i].address;
        getsockname(receivers[(long long)i * sockets / count], (void *)&to[i].address, &size);
        to[i].address.sin_addr.s_addr = htonl((127u << 24 | 64u << 16) + (unsigned)i);
        make_keys(&to[i], i);
    }
    arena = malloc((size_t)BATCH * SLOT);
    int bytes = BUFFER_BYTES;
    struct sockaddr_in loopback = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    sender = socket(AF_INET, SOCK_DGRAM, 0);
    if (sender < 0 || bind(sender, (void *)&loopback, sizeof loopback)) die("sender");
    if (setsockopt(sender, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes)) setsockopt(sender, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);

    // The first half second warms caches and the processor up.
    long long warm = 500000000, start = now(CLOCK_MONOTONIC), end = start + warm + (long long)(seconds * 1e9);
    long long cpu = 0, packets = 0, sent_bytes = 0, late = 0, received_before = 0;
    int is_measured = 0;
    for (long long cycle = start; ; cycle += mix_length * 1000) {
        for (int i = 0; i < mix_count;) {
            long long due = cycle + mix[i].at * 1000;
            if (due >= end) goto over;
            struct timespec until = { due / 1000000000, due % 1000000000 };
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
            long long begun = now(CLOCK_MONOTONIC);
            if (!is_measured && begun >= start + warm) {
                is_measured = 1;
                cpu = now(CLOCK_THREAD_CPUTIME_ID);
                packets = sent_bytes = late = 0;
                for (int j = 0; j < sockets; j++) received_before += received[j];
            }
            if (begun - due > late) late = begun - due;
            // What is due at one time goes to one destination after the other, as from a server's turn.
            int next = i;
            while (next < mix_count && mix[next].at == mix[i].at) next++;
            for (int j = 0; j < count; j++)
                for (int k = i; k < next; k++) {
                    packets += enqueue(&to[j], &mix[k]);
                    sent_bytes += mix[k].bytes;
                }
            flush();
            i = next;
        }
    }
over:
    cpu = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
    nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
    is_over = 1;
    long long all = 0;
    for (int i = 0; i < sockets; i++) {
        pthread_join(threads[i], NULL);
        all += received[i];
    }
    printf("%lld %lld %lld %lld %.1f\n", packets, cpu, sent_bytes, all - received_before, late / 1e6);
    return 0;
}
