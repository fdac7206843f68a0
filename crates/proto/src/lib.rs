//! The contracts between the services, compiled from `proto/`, and nothing else. What a message means, who may call
//! and which codes come back stands in the `.proto` files.

mod generated {
    pub mod signer {
        pub mod v1 {
            tonic::include_proto!("ers.signer.v1");
        }
    }
    pub mod cara {
        pub mod v1 {
            tonic::include_proto!("ers.cara.v1");
        }
    }
    pub mod clm {
        pub mod v1 {
            tonic::include_proto!("ers.clm.v1");
        }
    }
}

pub use generated::{cara, clm, signer};
