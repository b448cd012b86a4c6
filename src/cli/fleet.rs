//! Owns what can be typed where several machines build one site; data only.

use clap::Args;
use watchpost::config::is_place;
use watchpost::fleet::Shard;

/// Which part of a site this machine makes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "With other machines")]
pub(crate) struct Part {
    /// Make this part of the site alone, and leave it in the stage; who comes last puts the site together
    #[arg(long, value_name = "K/N", requires = "stage")]
    pub(crate) shard: Option<Shard>,
    /// Where the parts meet: s3://bucket/stage, gs://…, az://…, or a folder that all machines see
    #[arg(long, value_name = "STORE", requires = "shard", value_parser = place)]
    pub(crate) stage: Option<String>,
}

fn place(text: &str) -> Result<String, String> {
    match is_place(text) {
        true => Ok(text.to_owned()),
        false => Err("it is neither the address of a store, as s3://bucket/stage, nor a folder".to_owned()),
    }
}
