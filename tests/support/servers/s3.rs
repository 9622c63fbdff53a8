//! An S3 server: in this process over a temporary folder, or the one that `S3_URL` names.

use crate::unique;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Where a bucket is and how to get in.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// `http://host:port`, as `files.s3_endpoint` wants it.
    pub endpoint: String,
    /// The bucket's name.
    pub bucket: String,
    /// A path inside the bucket that no other test has.
    pub path: String,
    /// As `files.s3_region` wants it.
    pub region: String,
    /// As `files.s3_access_key_id` wants it.
    pub access_key_id: String,
    /// As `files.s3_secret_access_key` wants it.
    pub secret_access_key: String,
}

impl Bucket {
    /// `s3://bucket/path`, as `files.url` wants it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.path)
    }

    /// The settings of an installation that keeps its files here.
    #[must_use]
    pub fn settings(&self) -> [(&'static str, String); 5] {
        [
            ("files.url", self.url()),
            ("files.s3_endpoint", self.endpoint.clone()),
            ("files.s3_region", self.region.clone()),
            ("files.s3_access_key_id", self.access_key_id.clone()),
            ("files.s3_secret_access_key", self.secret_access_key.clone()),
        ]
    }
}

/// A bucket for one test. The in-process server stops, and its files go, with this value.
pub struct S3 {
    bucket: Bucket,
    server: Option<InProcess>,
}

struct InProcess {
    folder: TempDir,
    address: SocketAddr,
    running: Option<Running>,
}

struct Running {
    stop: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl S3 {
    /// The server that `S3_URL` (`http://key:secret@host:port/bucket`) names, else one in this process.
    #[must_use]
    pub fn start() -> Self {
        std::env::var("S3_URL").map_or_else(|_| Self::in_process(), |url| Self::named(&url))
    }

    /// A server in this process, on a thread of its own, with one empty bucket.
    #[must_use]
    pub fn in_process() -> Self {
        let folder = super::server_folder("rollcall-s3-", None);
        std::fs::create_dir(folder.path().join("rollcall")).expect("the folder of the bucket can be made");
        let mut server = InProcess { folder, address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), running: None };
        let mut bucket = Bucket {
            endpoint: String::new(),
            bucket: "rollcall".to_owned(),
            path: unique("test-"),
            region: "us-east-1".to_owned(),
            access_key_id: "invented-key".to_owned(),
            secret_access_key: "invented-secret".to_owned(),
        };
        server.run(&bucket);
        bucket.endpoint = format!("http://{}", server.address);
        Self { bucket, server: Some(server) }
    }

    fn named(url: &str) -> Self {
        let parts = url.split_once("://").and_then(|(scheme, rest)| {
            let (login, place) = rest.rsplit_once('@')?;
            let (key, secret) = login.split_once(':')?;
            let (host, bucket) = place.split_once('/')?;
            Some((format!("{scheme}://{host}"), bucket, key, secret))
        });
        let (endpoint, bucket, key, secret) =
            parts.unwrap_or_else(|| panic!("S3_URL must look like http://key:secret@host:port/bucket"));
        let bucket = Bucket {
            endpoint,
            bucket: bucket.to_owned(),
            path: unique("rollcall-test-"),
            region: std::env::var("S3_REGION").unwrap_or_else(|_| "us-east-1".to_owned()),
            access_key_id: key.to_owned(),
            secret_access_key: secret.to_owned(),
        };
        Self { bucket, server: None }
    }

    /// Where the bucket is.
    #[must_use]
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// The folder that holds the objects of the in-process server.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.server.as_ref().map(|server| server.folder.path())
    }

    /// Takes the in-process server down; its objects stay.
    pub fn down(&mut self) {
        self.server.as_mut().expect("a server named by S3_URL is not ours to stop").stop();
    }

    /// Brings the in-process server up again on the same port.
    pub fn up(&mut self) {
        self.server.as_mut().expect("a server named by S3_URL is not ours to start").run(&self.bucket);
    }
}

impl InProcess {
    fn run(&mut self, bucket: &Bucket) {
        let files = FileSystem::new(self.folder.path()).expect("the folder of the S3 server can be opened");
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(bucket.access_key_id.as_str(), bucket.secret_access_key.as_str()));
        let (stop, stopped) = oneshot::channel();
        let listener = std::net::TcpListener::bind(self.address).expect("the port of the S3 server is free");
        listener.set_nonblocking(true).expect("a listener can be made asynchronous");
        self.address = listener.local_addr().expect("a bound listener has an address");
        let service = service.build();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime starts").block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener can be made asynchronous");
                tokio::select! { () = serve(listener, service) => {}, _ = stopped => {} }
            });
        });
        self.running = Some(Running { stop, thread });
    }

    fn stop(&mut self) {
        let Some(Running { stop, thread }) = self.running.take() else { return };
        if stop.send(()).is_err() || thread.join().is_err() {
            eprintln!("the S3 server of a test ended before it was stopped");
        }
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let service = service.clone();
        tokio::spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            if let Err(error) = builder.serve_connection(TokioIo::new(socket), service).await {
                eprintln!("S3 connection: {error}");
            }
        });
    }
}
