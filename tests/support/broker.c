// SPDX-License-Identifier: MIT
// An MQTT broker for tests, and a listener that keeps what it hears.
#include "tests/support/broker.h"

#include "tests/support/files.h"
#include "tests/support/test.h"

#include <mosquitto.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 60, RETRY_MS = 20 }; // seconds, for what takes milliseconds

struct broker {
    char *program, *config, *kept; // `kept`: the file that it writes
    int port;
    pid_t pid; // 0: it does not run
};

typedef struct Heard {
    char *topic, *text;
} Heard;

struct listener {
    struct mosquitto *mosq;
    GMutex lock; // guards what follows
    GCond changed;
    GArray *heard;
    gboolean subscribed;
    guint answers; // to listener_settle
};

// --- broker ---

static char *find_program(void)
{
    char *found = g_find_program_in_path("mosquitto");
    return found || access("/usr/sbin/mosquitto", X_OK) ? found : g_strdup("/usr/sbin/mosquitto");
}

gboolean broker_possible(void)
{
    g_autofree char *found = find_program();
    return found != NULL;
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((in_port_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int broker_free_port(void)
{
    struct sockaddr_in a = loopback(0);
    socklen_t size = sizeof a;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    close(fd);
    return ntohs(a.sin_port);
}

broker *broker_new(const char *more)
{
    static int number;
    broker *b = g_new0(broker, 1);
    b->program = find_program();
    b->port = broker_free_port();
    g_autofree char *name = g_strdup_printf("mosquitto%d.conf", ++number);
    g_autofree char *folder_name = g_strdup_printf("kept%d", number);
    test_path config = test_temp(name), folder = test_make_dir(folder_name);
    g_autofree char *text =
        g_strdup_printf("listener %d 127.0.0.1\nuser root\npersistence true\n"
                        "persistence_location %s/\nautosave_interval 0\n"
                        "max_queued_messages 0\n%s\n",
                        b->port, folder.text, *more ? more : "allow_anonymous true");
    test_write(config.text, text, strlen(text));
    b->config = g_strdup(config.text);
    b->kept = g_build_filename(folder.text, "mosquitto.db", NULL);
    return b;
}

static gboolean listens(int port)
{
    struct sockaddr_in a = loopback(port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const gboolean ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return ok;
}

void broker_start(broker *b)
{
    b->pid = fork();
    if (b->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(1);
        execl(b->program, "mosquitto", "-c", b->config, NULL);
        _exit(127);
    }
    for (int i = 0; !listens(b->port); i++) {
        assert_in_range(i, 0, PATIENCE * 1000 / RETRY_MS);
        assert_int_equal(waitpid(b->pid, NULL, WNOHANG), 0); // it has not ended
        g_usleep(RETRY_MS * 1000);
    }
}

void broker_save(broker *b)
{
    unlink(b->kept);
    kill(b->pid, SIGUSR1); // mosquitto(8): it writes beside, then renames
    for (int i = 0; access(b->kept, R_OK) != 0; i++) {
        assert_in_range(i, 0, PATIENCE * 1000 / RETRY_MS);
        g_usleep(RETRY_MS * 1000);
    }
}

void broker_kill(broker *b, int signal)
{
    if (b->pid <= 0)
        return;
    kill(b->pid, signal);
    waitpid(b->pid, NULL, 0);
    b->pid = 0;
}

void broker_free(broker *b)
{
    broker_kill(b, SIGKILL);
    g_free(b->program);
    g_free(b->config);
    g_free(b->kept);
    g_free(b);
}

int broker_port(const broker *b)
{
    return b->port;
}

// --- listener ---

static void on_connect(struct mosquitto *m, void *data, int code)
{
    (void)data;
    if (code == 0)
        mosquitto_subscribe(m, NULL, "#", 1);
}

static void on_subscribe(struct mosquitto *m, void *data, int id, int count, const int *granted)
{
    listener *l = data;
    (void)m;
    (void)id;
    (void)count;
    (void)granted;
    g_mutex_lock(&l->lock);
    l->subscribed = TRUE;
    g_cond_broadcast(&l->changed);
    g_mutex_unlock(&l->lock);
}

static void on_unsubscribe(struct mosquitto *m, void *data, int id)
{
    listener *l = data;
    (void)m;
    (void)id;
    g_mutex_lock(&l->lock);
    l->answers++;
    g_cond_broadcast(&l->changed);
    g_mutex_unlock(&l->lock);
}

static void on_message(struct mosquitto *m, void *data, const struct mosquitto_message *message)
{
    listener *l = data;
    const Heard heard = {g_strdup(message->topic),
                         g_strndup(message->payload, (gsize)message->payloadlen)};
    (void)m;
    g_mutex_lock(&l->lock);
    g_array_append_val(l->heard, heard);
    g_cond_broadcast(&l->changed);
    g_mutex_unlock(&l->lock);
}

static void clear_heard(gpointer data)
{
    Heard *h = data;
    g_free(h->topic);
    g_free(h->text);
}

listener *listener_new(const broker *b, const char *user, const char *password)
{
    listener *l = g_new0(listener, 1);
    mosquitto_lib_init();
    g_mutex_init(&l->lock);
    g_cond_init(&l->changed);
    l->heard = g_array_new(FALSE, FALSE, sizeof(Heard));
    g_array_set_clear_func(l->heard, clear_heard);
    l->mosq = mosquitto_new("listener", false, l);
    mosquitto_connect_callback_set(l->mosq, on_connect);
    mosquitto_subscribe_callback_set(l->mosq, on_subscribe);
    mosquitto_unsubscribe_callback_set(l->mosq, on_unsubscribe);
    mosquitto_message_callback_set(l->mosq, on_message);
    if (user)
        mosquitto_username_pw_set(l->mosq, user, password);
    mosquitto_reconnect_delay_set(l->mosq, 1, 1, false);
    assert_int_equal(mosquitto_connect(l->mosq, "127.0.0.1", b->port, 60), MOSQ_ERR_SUCCESS);
    assert_int_equal(mosquitto_loop_start(l->mosq), MOSQ_ERR_SUCCESS);
    const gint64 until = g_get_monotonic_time() + PATIENCE * G_USEC_PER_SEC;
    g_mutex_lock(&l->lock);
    while (!l->subscribed && g_cond_wait_until(&l->changed, &l->lock, until))
        continue;
    const gboolean ok = l->subscribed;
    g_mutex_unlock(&l->lock);
    assert_true(ok);
    return l;
}

static guint count_topic(const listener *l, const char *topic)
{
    guint n = 0;
    for (guint i = 0; i < l->heard->len; i++)
        n += strcmp(g_array_index(l->heard, Heard, i).topic, topic) == 0;
    return n;
}

guint listener_wait(listener *l, const char *topic, guint count, int seconds)
{
    const gint64 until = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    guint n;
    g_mutex_lock(&l->lock);
    while ((n = count_topic(l, topic)) < count && g_cond_wait_until(&l->changed, &l->lock, until))
        continue;
    g_mutex_unlock(&l->lock);
    return n;
}

void listener_settle(listener *l)
{
    const gint64 until = g_get_monotonic_time() + PATIENCE * G_USEC_PER_SEC;
    g_mutex_lock(&l->lock);
    const guint before = l->answers;
    g_mutex_unlock(&l->lock);
    assert_int_equal(mosquitto_unsubscribe(l->mosq, NULL, "nothing"), MOSQ_ERR_SUCCESS);
    g_mutex_lock(&l->lock);
    while (l->answers == before && g_cond_wait_until(&l->changed, &l->lock, until))
        continue;
    const gboolean answered = l->answers != before;
    g_mutex_unlock(&l->lock);
    assert_true(answered);
}

char *listener_text(listener *l, const char *topic, guint which)
{
    char *text = NULL;
    g_mutex_lock(&l->lock);
    for (guint i = 0; i < l->heard->len && !text; i++) {
        const Heard *h = &g_array_index(l->heard, Heard, i);
        if (strcmp(h->topic, topic) == 0 && which-- == 0)
            text = g_strdup(h->text);
    }
    g_mutex_unlock(&l->lock);
    return text;
}

void listener_free(listener *l)
{
    mosquitto_disconnect(l->mosq);
    mosquitto_loop_stop(l->mosq, true);
    mosquitto_destroy(l->mosq);
    g_array_unref(l->heard);
    g_mutex_clear(&l->lock);
    g_cond_clear(&l->changed);
    g_free(l);
}
