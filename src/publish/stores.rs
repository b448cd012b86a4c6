//! Owns the publishing into stores: what stands there, what is to be done, and its carrying out.

use std::collections::{BTreeMap, BTreeSet};

use super::carry::{self, Carrier, Origin};
use super::class::Class;
use super::plan::Plan;
use super::record::{self, Names, Record};
use super::shipment::{Parcel, Shipment};
use super::standing::{Standing, Trouble};
use super::{Done, Order, refused};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::manifest::{Deployed, DeployedList, list_path};
use crate::store::{self, Store};

/// Puts a shipment into a store.
pub(super) fn publish(order: &Order<'_>, shipment: &Shipment) -> Result<Done, Vec<Diagnostic>> {
    let store = open(order)?;
    publish_into(store.as_ref(), order, shipment, Origin::Folder)
}

/// Puts an earlier deployment back.
pub(super) fn back(order: &Order<'_>, wanted: Option<&str>) -> Result<Done, Vec<Diagnostic>> {
    let store = open(order)?;
    let shipment = earlier(store.as_ref(), wanted)?;
    publish_into(store.as_ref(), order, &shipment, Origin::Kept)
}

/// Puts a shipment into a folder for a host's own tool.
pub(super) fn prepare(order: &Order<'_>, shipment: &Shipment) -> Result<Done, Vec<Diagnostic>> {
    let folder = store::open(&order.target.place(), order.root, order.network).map_err(|fault| {
        let message = format!("`{}` {}", order.target.to, fault.words());
        vec![Diagnostic::error("publish/denied", message).hint("name another folder as `to`")]
    })?;
    publish_into(folder.as_ref(), order, shipment, Origin::Folder)
}

/// Opens the store of a target.
fn open(order: &Order<'_>) -> Result<Box<dyn Store>, Vec<Diagnostic>> {
    let opened = store::open(&order.target.place(), order.root, order.network);
    opened.map_err(|fault| {
        let message = format!("the target `{}` {}", order.target.name, fault.words());
        vec![
            Diagnostic::error("publish/denied", message)
                .hint("look at its table in `site.toml`, and at the environment"),
        ]
    })
}

/// Puts a shipment into a store that is open.
pub(super) fn publish_into(
    store: &dyn Store,
    order: &Order<'_>,
    shipment: &Shipment,
    origin: Origin,
) -> Result<Done, Vec<Diagnostic>> {
    let standing = Standing::of(store, shipment).map_err(|trouble| told(store, trouble))?;
    let mut names = Names::of(shipment);
    let record = standing.record.as_ref().map(|(record, _)| record);
    let hinted = record.into_iter().flat_map(hints).chain(standing.unlisted.keys().map(|hash| format!("#{hash}")));
    if hinted.into_iter().any(|name| names.read(&name).is_none()) {
        names.learn(store.list().map_err(|fault| vec![refused(store, "", &fault)])?);
    }
    let plan = Plan::of(shipment, &standing, &names, origin == Origin::Kept);
    let done = Done {
        build: Some(shipment.build),
        is_there: plan.is_empty(&standing),
        is_first: plan.is_first,
        kept: shipment.files.len() - plan.puts.len(),
        changed: plan.changed(&names),
        given_up: plan.given_up.keys().filter_map(|name| names.read(name)).collect(),
        ..Done::default()
    };
    if done.is_there {
        return Ok(done);
    }
    if plan.gives_up_much() && !order.leave.remove_many && !order.leave.dry_run {
        let (gone, before) = (plan.deployment.gone.len(), plan.before);
        let message = format!("{gone} of the {before} files at {} would be given up", store.shown());
        let hint = "see which with `--dry-run`; if they should go, add `--remove-many`";
        return Err(vec![Diagnostic::error("publish/removes-many", message).hint(hint)]);
    }
    if order.leave.dry_run {
        let writes = plan.puts.iter().map(|put| (put.path.clone(), put.parcel.size, put.parcel.class));
        let removes = plan.doomed.iter().map(|(_, path, _)| path.clone()).collect();
        return Ok(Done { writes: writes.collect(), removes, ..done });
    }
    let leave = carry::Leave { unconditional: order.leave.unconditional, take_over: order.leave.take_over };
    let carrier = Carrier {
        store,
        target: order.target,
        shipment,
        origin,
        names: &names,
        now: order.now,
        leave,
        progress: order.progress,
    };
    let carried = carrier.carry(&plan, &standing).map_err(|problem| vec![problem])?;
    Ok(Done { uploaded: carried.uploaded, bytes: carried.bytes, removed: carried.removed, ..done })
}

/// Returns the names of a record that only hint at a path.
fn hints(record: &Record) -> Vec<String> {
    let claimed = record.claim.iter().flat_map(|claim| claim.deployment.touched());
    let kept = record.deployments.iter().flat_map(|one| one.touched());
    let names = claimed.chain(kept).chain(record.doomed.keys());
    names.filter(|name| name.starts_with('#')).cloned().collect()
}

/// Returns an earlier deployment as a shipment whose files are in the store itself.
pub(super) fn earlier(store: &dyn Store, wanted: Option<&str>) -> Result<Shipment, Vec<Diagnostic>> {
    let key = record::key();
    let got = store.get(&key).map_err(|fault| vec![refused(store, &key, &fault)])?;
    let record: Option<Record> = got.and_then(|stored| serde_json::from_slice(&stored.bytes).ok());
    let deployments = record.map(|record| record.deployments).unwrap_or_default();
    let known = || {
        let builds: Vec<String> = deployments.iter().map(|one| one.build.short()).collect();
        if builds.is_empty() { "none".to_owned() } else { builds.join(", ") }
    };
    let found = match wanted {
        None => deployments.get(1),
        Some(wanted) => deployments.iter().find(|one| one.build.to_string().starts_with(wanted)),
    };
    let Some(deployment) = found else {
        let what = wanted.map_or_else(|| "earlier deployment".to_owned(), |wanted| format!("deployment `{wanted}`"));
        let message = format!("there is no {what} at {} to go back to", store.shown());
        return Err(vec![
            Diagnostic::error("publish/no-build", message).hint(format!("known are, newest first: {}", known())),
        ]);
    };
    let strange = |why: String| told(store, Trouble::Strange(key.clone(), why));
    let deployed: Deployed = serde_json::from_str(&deployment.manifest).map_err(|error| strange(error.to_string()))?;
    let (mut files, mut hidden) = (BTreeMap::new(), BTreeMap::new());
    for name in &deployed.lists {
        let path = list_path(name);
        let stored = store.get(&path).map_err(|fault| vec![refused(store, &path, &fault)])?;
        let Some(stored) = stored else { return Err(strange(format!("the list `{path}` is missing"))) };
        let list: DeployedList = serde_json::from_slice(&stored.bytes).map_err(|error| strange(error.to_string()))?;
        files.extend(list.files.into_iter().map(|(path, digest)| (path, (digest, *name))));
        hidden.extend(list.unlisted.into_iter().map(|(path, digest)| (path, (digest, *name))));
        files.insert(path, (*name, *name));
    }
    let mut unlisted = BTreeSet::new();
    if !hidden.is_empty() {
        let keys = store.list().map_err(|fault| vec![refused(store, "", &fault)])?;
        for path in keys.iter().map(|key| record::path_of(key)) {
            if let Some(found) = hidden.remove(&Digest::of(path).to_string()) {
                unlisted.insert(path.to_owned());
                files.insert(path.to_owned(), found);
            }
        }
        if !hidden.is_empty() {
            return Err(strange("a page that nothing linked to is gone".to_owned()));
        }
    }
    let folders = BTreeSet::new();
    let parcels = files.into_iter().map(|(path, (digest, list))| {
        let is_list = digest == list;
        let class = if is_list { Class::List } else { Class::of(&path, &digest, None, &folders) };
        (path, Parcel { digest, size: 0, class, list: (!is_list).then_some(list) })
    });
    Ok(Shipment {
        folder: Default::default(),
        build: deployed.build_id,
        manifest: deployment.manifest.clone().into_bytes(),
        files: parcels.collect(),
        deployed,
        unlisted,
    })
}

fn told(store: &dyn Store, trouble: Trouble) -> Vec<Diagnostic> {
    match trouble {
        Trouble::Fault(key, fault) => vec![refused(store, &key, &fault)],
        Trouble::Strange(key, why) => {
            let message = format!("`{key}` at {} is not what a publication writes there: {why}", store.shown());
            let hint = "somebody else writes there; if the place is yours, remove that file and publish again";
            vec![Diagnostic::error("publish/strange", message).hint(hint)]
        }
    }
}
