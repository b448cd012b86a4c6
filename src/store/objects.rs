//! Owns stores of objects, `s3://`, `gs://` and `az://`, by the crate object_store: requests go through ureq, as all others do.
//!
//! The digest of each file goes along as metadata, so that a run after one that broke off can tell what is there.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, BackoffConfig, ClientOptions, CopyOptions, Error, GetOptions, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMode, PutOptions, PutPayload, RetryConfig, UpdateVersion,
};

use super::{Dress, Fault, Seen, Store, Stored, Tag, When};
use crate::config::{StorePlace, Token};
use crate::guard::dial::{Broken, Errands, Network, Wire};

/// How long one request may take.
const LIMIT: Duration = Duration::from_secs(120);
/// How often one is asked again that failed by chance.
const RETRIES: usize = 2;
/// The name of the metadata that holds the digest: Azure takes letters and digits alone.
const DIGEST: &str = "watchpostdigest";

/// A store of objects.
#[derive(Debug)]
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: String,
    shown: String,
    secrets: Vec<String>,
}

impl Objects {
    /// Makes ready, without connecting to anything; or says what is wrong with the settings.
    pub(super) fn open(place: &StorePlace, network: &Network) -> Result<Objects, Fault> {
        let (scheme, rest) = place.to.split_once("://").unwrap_or(("", &place.to));
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let line = Line(Arc::new(Errands::new(Wire::new(network), LIMIT)));
        let retry = RetryConfig {
            max_retries: RETRIES,
            retry_timeout: LIMIT,
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(200),
                max_backoff: Duration::from_secs(10),
                base: 3.0,
            },
        };
        let named = || {
            ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]
                .iter()
                .find_map(|name| place.credentials.get(*name))
        };
        let endpoint =
            place.endpoint.as_deref().or_else(|| named().filter(|_| scheme == "s3").map(|token| token.0.as_str()));
        let is_plain = endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"));
        let client = ClientOptions::new().with_allow_http(is_plain);
        let variables = |beginning: &'static str| {
            let own = place.credentials.iter().filter(move |(name, _)| name.starts_with(beginning));
            own.map(|(name, Token(value))| (name.to_ascii_lowercase(), value.clone()))
        };
        let store: Result<Arc<dyn ObjectStore>, Error> = match scheme {
            "s3" => {
                let mut builder = AmazonS3Builder::new();
                for (name, value) in variables("AWS_") {
                    if let Ok(key) = name.parse() {
                        builder = builder.with_config(key, value);
                    }
                }
                if let Some(region) = &place.region {
                    builder = builder.with_region(region);
                }
                if let Some(endpoint) = endpoint {
                    builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
                }
                let builder = builder.with_bucket_name(bucket).with_client_options(client).with_allow_http(is_plain);
                builder.with_retry(retry).with_http_connector(line).build().map(|store| Arc::new(store) as _)
            }
            "gs" => {
                let mut builder = GoogleCloudStorageBuilder::new();
                for (name, value) in variables("GOOGLE_") {
                    if let Ok(key) = name.parse() {
                        builder = builder.with_config(key, value);
                    }
                }
                if let Some(endpoint) = endpoint {
                    builder = builder.with_base_url(endpoint.trim_end_matches('/'));
                }
                let builder = builder.with_bucket_name(bucket).with_client_options(client).with_retry(retry);
                builder.with_http_connector(line).build().map(|store| Arc::new(store) as _)
            }
            _ => {
                let mut builder = MicrosoftAzureBuilder::new();
                for (name, value) in variables("AZURE_") {
                    if let Ok(key) = name.parse() {
                        builder = builder.with_config(key, value);
                    }
                }
                if let Some(account) = &place.account {
                    builder = builder.with_account(account);
                }
                if let Some(endpoint) = endpoint {
                    builder = builder.with_endpoint(endpoint.trim_end_matches('/').to_owned());
                }
                let builder = builder.with_container_name(bucket).with_client_options(client).with_allow_http(is_plain);
                builder.with_retry(retry).with_http_connector(line).build().map(|store| Arc::new(store) as _)
            }
        };
        let secrets = secrets(&place.credentials);
        let store = store.map_err(|error| fault(&error, &secrets))?;
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Objects { store, prefix, shown: place.to.clone(), secrets })
    }

    fn path(&self, key: &str) -> Result<Path, Fault> {
        Path::parse(format!("{}{key}", self.prefix))
            .map_err(|error| Fault::Broken(format!("has a name that stores do not take: {error}")))
    }

    /// Waits for an answer. The thread is the caller's own, and the runtime only keeps the time of retries.
    fn wait<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|error| Fault::Broken(format!("could not be asked: {error}")))?;
        runtime.block_on(work).map_err(|error| fault(&error, &self.secrets))
    }

    /// Returns an answer; nothing where there is no such file.
    fn found<T>(&self, answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
        match answer {
            Err(Fault::Broken(why)) if why == MISSING => Ok(None),
            other => other.map(Some),
        }
    }
}

/// What stands for "there is no such file" between [`fault`] and [`Objects::found`].
const MISSING: &str = "is missing";

impl Store for Objects {
    fn shown(&self) -> String {
        self.shown.clone()
    }

    fn get(&self, key: &str) -> Result<Option<Stored>, Fault> {
        let path = self.path(key)?;
        let answer = self.wait(async {
            let got = self.store.get_opts(&path, GetOptions::default()).await?;
            let seen = seen(&got.meta, &got.attributes);
            Ok(Stored { bytes: got.bytes().await?.to_vec(), seen })
        });
        self.found(answer)
    }

    fn look(&self, key: &str) -> Result<Option<Seen>, Fault> {
        let path = self.path(key)?;
        let options = GetOptions::new().with_head(true);
        let answer = self.wait(async {
            let got = self.store.get_opts(&path, options).await?;
            Ok(seen(&got.meta, &got.attributes))
        });
        self.found(answer)
    }

    fn put(&self, key: &str, bytes: Vec<u8>, dress: &Dress, when: &When) -> Result<Tag, Fault> {
        let path = self.path(key)?;
        let mode = match when {
            When::Always => PutMode::Overwrite,
            When::Absent => PutMode::Create,
            When::Unchanged(tag) => {
                PutMode::Update(UpdateVersion { e_tag: tag.etag.clone(), version: tag.version.clone() })
            }
        };
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::ContentType, dress.content_type.into());
        attributes.insert(Attribute::CacheControl, dress.cache.clone().into());
        attributes.insert(Attribute::Metadata(DIGEST.into()), dress.digest.to_string().into());
        if dress.is_packed {
            attributes.insert(Attribute::ContentEncoding, "gzip".into());
        }
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        let put = self.wait(self.store.put_opts(&path, PutPayload::from(bytes), options))?;
        Ok(Tag { etag: put.e_tag, version: put.version })
    }

    fn copy(&self, from: &str, to: &str) -> Result<(), Fault> {
        let (from, to) = (self.path(from)?, self.path(to)?);
        self.wait(self.store.copy_opts(&from, &to, CopyOptions::default()))
    }

    fn delete(&self, key: &str) -> Result<(), Fault> {
        let path = self.path(key)?;
        self.found(self.wait(self.store.delete(&path))).map(drop)
    }

    fn list(&self) -> Result<Vec<String>, Fault> {
        let prefix = Path::parse(&self.prefix).ok().filter(|path| !path.as_ref().is_empty());
        let listed = self.wait(async {
            let pages = self.store.list(prefix.as_ref());
            pages.map_ok(|meta| meta.location.to_string()).try_collect::<Vec<String>>().await
        })?;
        Ok(listed.into_iter().filter_map(|key| key.strip_prefix(&self.prefix).map(str::to_owned)).collect())
    }
}

fn seen(meta: &ObjectMeta, attributes: &Attributes) -> Seen {
    let text = |name: Attribute| attributes.get(&name).map(|value| value.as_ref().to_owned());
    let digest = text(Attribute::Metadata(DIGEST.into())).and_then(|text| text.parse().ok());
    let dress = text(Attribute::ContentType).zip(text(Attribute::CacheControl));
    Seen {
        tag: Tag { etag: meta.e_tag.clone(), version: meta.version.clone() },
        modified: Timestamp::from_millisecond(meta.last_modified.timestamp_millis()).ok(),
        digest,
        dress,
    }
}

/// Returns what must not be told: the values of all variables but those that name places.
fn secrets(credentials: &BTreeMap<String, Token>) -> Vec<String> {
    let is_open = |name: &str| name.contains("REGION") || name.contains("ENDPOINT");
    let secret = credentials.iter().filter(|(name, token)| !is_open(name) && token.0.len() >= 4);
    secret.map(|(_, token)| token.0.clone()).collect()
}

/// Says what went wrong, without addresses, which may be signed, and without secrets.
fn fault(error: &Error, secrets: &[String]) -> Fault {
    let words = |error: &Error| {
        let mut text = innermost(error).replace(['\n', '\r'], " ");
        for secret in secrets {
            text = text.replace(secret.as_str(), "…");
        }
        text.chars().take(300).collect::<String>()
    };
    match error {
        Error::NotFound { .. } => Fault::Broken(MISSING.to_owned()),
        Error::AlreadyExists { .. } | Error::Precondition { .. } => Fault::Conflict,
        Error::PermissionDenied { .. } => Fault::Denied("the credentials do not allow it".to_owned()),
        Error::Unauthenticated { .. } => Fault::Denied("the credentials are not known there".to_owned()),
        other => Fault::Broken(format!("could not be written or read: {}", words(other))),
    }
}

/// Returns the words of the error at the bottom, which says what happened.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// Sends what object_store has made ready.
#[derive(Debug, Clone)]
struct Line(Arc<Errands>);

impl HttpConnector for Line {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Line {
    fn call<'a, 'b>(
        &'a self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let bytes = body.collect().await?.to_bytes().to_vec();
            let errand = ureq::http::Request::from_parts(parts, bytes);
            let (parts, body) = self.0.run(errand).map_err(|broken| told(&broken))?.into_parts();
            Ok(HttpResponse::from_parts(parts, HttpResponseBody::from(body)))
        })
    }
}

fn told(broken: &Broken) -> HttpError {
    let kind = match broken {
        Broken::Unconnected(_) => HttpErrorKind::Connect,
        Broken::TimedOut => HttpErrorKind::Timeout,
        Broken::Interrupted(_) => HttpErrorKind::Interrupted,
        Broken::Other(_) => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, std::io::Error::other(format!("the server {}", broken.words())))
}
