//! `RabbitMQ`: a name space of one's own on the shared broker, or a whole node of one's own that may be broken.

use super::{below, finish, program, server_folder};
use crate::child::{Child, Start};
use crate::{ports, run_tool, unique};
use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use lapin::{Channel, Connection, ConnectionProperties};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// How long a node may take to start or stop on a busy machine.
const NODE_LIMIT: Duration = Duration::from_mins(2);
/// Same host, same name: nodes are told apart by the name service (epmd) of their own.
const NODE: &str = "rollcall@localhost";

/// The shared broker: `AMQP_URL`, else the standard port of this machine.
#[must_use]
pub fn shared_url() -> String {
    std::env::var("AMQP_URL").unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned())
}

/// A prefix of one's own on the shared broker. What the product declares below it is deleted with this value.
pub struct SharedRabbit {
    url: String,
    prefix: String,
    queues: Vec<String>,
    exchanges: Vec<String>,
}

impl SharedRabbit {
    /// Checks that the shared broker answers and takes a prefix that nobody else has.
    pub async fn fresh() -> Self {
        let url = shared_url();
        let connection = connect(&url)
            .await
            .unwrap_or_else(|error| panic!("no RabbitMQ for the tests at AMQP_URL or 127.0.0.1:5672: {error}"));
        close(&connection).await;
        Self { url, prefix: unique("rollcall-test-"), queues: Vec::new(), exchanges: Vec::new() }
    }

    /// Where the broker is, as `broker.url` wants it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What every name at the broker starts with, as `broker.prefix` wants it.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Names a queue that the test itself declared, so that it goes, too.
    pub fn owns_queue(&mut self, name: impl Into<String>) {
        self.queues.push(name.into());
    }

    /// Names an exchange that the test itself declared, so that it goes, too.
    pub fn owns_exchange(&mut self, name: impl Into<String>) {
        self.exchanges.push(name.into());
    }

    /// A connection past the product; the caller closes it or lets it fall.
    pub async fn connect(&self) -> Connection {
        connect(&self.url).await.expect("the broker that answered before answers again")
    }

    /// Deletes everything below the prefix at once, as an operator who wipes the broker would.
    pub async fn wipe(&self) {
        delete(&self.url, self.all_queues(), self.all_exchanges()).await;
    }

    fn all_queues(&self) -> Vec<String> {
        self.queues.iter().cloned().chain(topology::queues(&self.prefix)).collect()
    }

    fn all_exchanges(&self) -> Vec<String> {
        self.exchanges.iter().cloned().chain(topology::exchanges(&self.prefix)).collect()
    }
}

impl Drop for SharedRabbit {
    fn drop(&mut self) {
        let (url, queues, exchanges) = (self.url.clone(), self.all_queues(), self.all_exchanges());
        finish(async move || delete(&url, queues, exchanges).await);
    }
}

/// What the product declares at the broker, by prefix. AMQP can't list names, so they are said here.
mod topology {
    use messages::Queue;

    /// Queues beside those of the workers.
    const OTHER_QUEUES: [&str; 2] = ["dead", "unrouted"];
    const EXCHANGES: [&str; 4] = ["events", "dead", "unrouted", "canary"];

    pub fn queues(prefix: &str) -> Vec<String> {
        let workers = Queue::ALL.into_iter().map(Queue::name);
        workers.chain(OTHER_QUEUES).map(|name| format!("{prefix}.{name}")).collect()
    }

    pub fn exchanges(prefix: &str) -> Vec<String> {
        EXCHANGES.into_iter().map(|name| format!("{prefix}.{name}")).collect()
    }
}

/// A broker node of one's own: own name service, ports, cookie and files, for tests that stop, kill or wipe it.
pub struct OwnRabbit {
    folder: TempDir,
    port: u16,
    dist_port: u16,
    name_port: u16,
    name_service: Option<Child>,
    node: Option<Child>,
}

impl OwnRabbit {
    /// Starts a new, empty node and waits until it accepts connections.
    pub async fn start() -> Self {
        let folder = server_folder("rollcall-rabbitmq-", None);
        write_private(&folder.path().join(".erlang.cookie"), &unique(""));
        std::fs::write(folder.path().join("node.conf"), "disk_free_limit.absolute = 16MB\n")
            .expect("the node's folder is writable");
        std::fs::write(folder.path().join("plugins"), "[].\n").expect("the node's folder is writable");
        let mut own = Self {
            folder,
            port: ports::free_port(),
            dist_port: ports::free_port(),
            name_port: ports::free_port(),
            name_service: None,
            node: None,
        };
        own.start_again().await;
        own
    }

    /// Its address, as `broker.url` wants it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    /// Where its files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops it the polite way.
    pub async fn stop(&mut self) {
        if let Some(mut node) = self.node.take() {
            node.signal(Signal::TERM);
            node.wait(NODE_LIMIT).await;
        }
    }

    /// kill -9 of the node.
    pub fn kill(&mut self) {
        if let Some(mut node) = self.node.take() {
            node.kill();
        }
    }

    /// Starts it again after `stop` or `kill`, with what it had on disk, and waits until it accepts connections.
    pub async fn start_again(&mut self) {
        if !self.name_service.as_mut().is_some_and(Child::runs) {
            self.name_service = Some(self.launch_name_service());
        }
        if !self.node.as_mut().is_some_and(Child::runs) {
            self.node = Some(self.launch());
        }
        let url = self.url();
        if let Some(node) = &mut self.node {
            node.ready(NODE_LIMIT, "accepts connections", async || answers(&url).await).await;
        }
    }

    /// Stops and starts it.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    /// Wipes it: kill -9, all its files deleted, started anew on the same port, empty.
    pub async fn wipe(&mut self) {
        self.kill();
        std::fs::remove_dir_all(self.folder.path().join("mnesia")).expect("the node's files can be deleted");
        self.start_again().await;
    }

    /// Raises (or lifts) the memory alarm: the node then blocks whoever publishes.
    pub fn block_publishers(&self, block: bool) {
        self.ctl(&["set_vm_memory_high_watermark", if block { "0.0000001" } else { "0.6" }]);
    }

    /// Runs `rabbitmqctl` against this node and returns what it prints.
    #[must_use]
    pub fn ask(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(rabbit_program("rabbitmqctl"));
        self.environment(&mut command);
        run_tool(command.args(["-n", NODE, "-q"]).args(arguments))
    }

    /// Runs `rabbitmqctl` against this node.
    pub fn ctl(&self, arguments: &[&str]) {
        drop(self.ask(arguments));
    }

    fn launch_name_service(&self) -> Child {
        let epmd = program(&[PathBuf::from("/usr/bin/epmd")]);
        let log = self.folder.path().join("epmd.log");
        Start { name: "epmd", program: &epmd, user: None, log: &log, stdout: None }.spawn(|command| {
            command.args(["-port", &self.name_port.to_string(), "-address", "127.0.0.1"]);
        })
    }

    fn launch(&self) -> Child {
        let server = rabbit_program("rabbitmq-server");
        let log = self.folder.path().join("node.log");
        let start = Start { name: "RabbitMQ", program: &server, user: None, log: &log, stdout: None };
        start.spawn(|command| self.environment(command))
    }

    fn environment(&self, command: &mut Command) {
        let folder = self.folder.path();
        command
            .env("HOME", folder)
            .env("ERL_EPMD_PORT", self.name_port.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("ERL_FLAGS", "-kernel inet_dist_use_interface {127,0,0,1}")
            // The script then becomes the node instead of a shell that watches it: signals reach the node itself.
            .env("RUNNING_UNDER_SYSTEMD", "true")
            .env("RABBITMQ_CONF_ENV_FILE", folder.join("no-such-file"))
            .env("RABBITMQ_CONFIG_FILE", folder.join("node.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins"))
            .env("RABBITMQ_NODENAME", NODE)
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", self.port.to_string())
            .env("RABBITMQ_DIST_PORT", self.dist_port.to_string())
            .env("RABBITMQ_MNESIA_BASE", folder.join("mnesia"))
            .env("RABBITMQ_LOG_BASE", folder.join("log"))
            .env("RABBITMQ_LOGS", "-")
            .env("RABBITMQ_PID_FILE", folder.join("pid"))
            .current_dir(folder);
    }
}

/// Connects without automatic recovery, or says why not.
pub async fn connect(url: &str) -> Result<Connection, lapin::Error> {
    Connection::connect(url, ConnectionProperties::default()).await
}

async fn answers(url: &str) -> bool {
    match connect(url).await {
        Ok(connection) => {
            close(&connection).await;
            true
        }
        Err(_) => false,
    }
}

async fn close(connection: &Connection) {
    if let Err(error) = connection.close(200, "done".into()).await {
        eprintln!("a connection to RabbitMQ did not close: {error}");
    }
}

/// Deletes what is there of these names; deleting what is not there is no error in AMQP 0-9-1.
async fn delete(url: &str, queues: Vec<String>, exchanges: Vec<String>) {
    let connection = connect(url).await.expect("the shared broker answers when a test cleans up");
    let channel: Channel = connection.create_channel().await.expect("the broker gives a channel");
    for queue in queues {
        let deleted = channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await;
        deleted.unwrap_or_else(|error| panic!("queue {queue} can't be deleted: {error}"));
    }
    for exchange in exchanges {
        let deleted = channel.exchange_delete(exchange.as_str().into(), ExchangeDeleteOptions::default()).await;
        deleted.unwrap_or_else(|error| panic!("exchange {exchange} can't be deleted: {error}"));
    }
    close(&connection).await;
}

/// The programs of the server package itself: the wrappers of Debian in /usr/sbin insist on another user.
fn rabbit_program(name: &str) -> PathBuf {
    let mut places = vec![Path::new("/usr/lib/rabbitmq/bin").join(name)];
    places.extend(below(Path::new("/usr/lib/rabbitmq/lib"), &format!("sbin/{name}")));
    program(&places)
}

fn write_private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).expect("the node's folder is writable");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400)).expect("its mode can be set");
}
