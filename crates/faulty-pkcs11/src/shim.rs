//! The library: SoftHSM's list of functions, with those exchanged that a fault can be in.

#![expect(
    unsafe_code,
    reason = "PKCS #11 is a C interface; this side of it is made for tests only"
)]

use std::ffi::{CStr, OsStr, c_void};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use cryptoki_sys::*;

/// SoftHSM, and the list that is handed out.
struct Real {
    _library: libloading::Library,
    functions: CK_FUNCTION_LIST,
    list: CK_FUNCTION_LIST,
}

static REAL: OnceLock<Option<Real>> = OnceLock::new();
static FOLDER: OnceLock<PathBuf> = OnceLock::new();
static FAULTS: Mutex<()> = Mutex::new(());

/// The folder of this very copy of the library.
fn folder() -> &'static Path {
    FOLDER.get_or_init(|| {
        // SAFETY: a plain structure of pointers and integers, for which zero is a value.
        let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
        let address = C_GetFunctionList as *const c_void;
        // SAFETY: an address in this library, and a place for the answer that lives long enough.
        if unsafe { libc::dladdr(address, &mut info) } == 0 || info.dli_fname.is_null() {
            return PathBuf::new();
        }
        // SAFETY: the loader's own string, which ends with zero and lives as long as the library.
        let name = unsafe { CStr::from_ptr(info.dli_fname) };
        let path = Path::new(OsStr::from_bytes(name.to_bytes()));
        path.parent().unwrap_or(Path::new("")).to_owned()
    })
}

fn real() -> Option<&'static Real> {
    REAL.get_or_init(load).as_ref()
}

fn load() -> Option<Real> {
    // SAFETY: SoftHSM does nothing at loading that could go wrong here.
    let library = unsafe { libloading::Library::new(folder().join("softhsm.so")) }.ok()?;
    let mut list: *mut CK_FUNCTION_LIST = std::ptr::null_mut();
    {
        type Entry = unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV;
        // SAFETY: the function has this type in every PKCS #11 library.
        let entry: libloading::Symbol<'_, Entry> =
            unsafe { library.get(b"C_GetFunctionList") }.ok()?;
        // SAFETY: a place for one pointer.
        if unsafe { entry(&mut list) } != CKR_OK {
            return None;
        }
    }
    // SAFETY: SoftHSM answered CKR_OK, so this points to its list.
    let functions = unsafe { list.as_ref() }.copied()?;
    let mut list = functions;
    list.C_GetFunctionList = Some(C_GetFunctionList);
    list.C_Initialize = Some(initialize);
    list.C_GetSlotList = Some(get_slot_list);
    list.C_GetTokenInfo = Some(get_token_info);
    list.C_OpenSession = Some(open_session);
    list.C_GetSessionInfo = Some(get_session_info);
    list.C_Login = Some(login);
    list.C_FindObjectsInit = Some(find_objects_init);
    list.C_SignInit = Some(sign_init);
    list.C_Sign = Some(sign);
    list.C_GenerateKeyPair = Some(generate_key_pair);
    Some(Real {
        _library: library,
        functions,
        list,
    })
}

/// The lines of the file of faults.
fn faults() -> Vec<Vec<String>> {
    let _one_at_a_time = FAULTS.lock();
    let text = std::fs::read_to_string(folder().join("faults")).unwrap_or_default();
    text.lines()
        .map(|line| line.split(' ').map(str::to_owned).collect())
        .collect()
}

/// Notes the call, does what the faults say, and tells what the function answers when that is not its own business.
fn meet(function: &str) -> Option<CK_RV> {
    let calls = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder().join("calls"));
    if let Ok(mut calls) = calls {
        let _ = calls.write_all(format!("{function}\n").as_bytes());
    }
    for fault in faults() {
        let words: Vec<&str> = fault.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["removed"] => return Some(CKR_DEVICE_REMOVED),
            ["crash", name] if *name == function => std::process::abort(),
            ["return", name, value] if *name == function => return value.parse().ok(),
            ["once", name, value] if *name == function && consume(&fault.join(" ")) => {
                return value.parse().ok();
            }
            ["delay", name, milliseconds] if *name == function => {
                std::thread::sleep(Duration::from_millis(milliseconds.parse().unwrap_or(0)));
            }
            _ => {}
        }
    }
    None
}

/// Takes a line out of the file; false when another thread was faster.
fn consume(line: &str) -> bool {
    let _one_at_a_time = FAULTS.lock();
    let file = folder().join("faults");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let mut lines: Vec<&str> = text.lines().collect();
    let Some(position) = lines.iter().position(|other| *other == line) else {
        return false;
    };
    lines.remove(position);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(file, text).is_ok()
}

fn has(wanted: &[&str]) -> bool {
    faults()
        .iter()
        .any(|fault| fault.iter().map(String::as_str).eq(wanted.iter().copied()))
}

/// The list of functions. A library that cannot load SoftHSM has none.
///
/// # Safety
/// As PKCS #11 says: `list` is a place for one pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetFunctionList(list: *mut *mut CK_FUNCTION_LIST) -> CK_RV {
    let Some(real) = real() else {
        return CKR_GENERAL_ERROR;
    };
    // SAFETY: the caller's promise.
    unsafe { *list = std::ptr::from_ref(&real.list).cast_mut() };
    CKR_OK
}

macro_rules! pass_on {
    ($function:ident($($argument:expr),*)) => {
        match real().and_then(|real| real.functions.$function) {
            // SAFETY: the caller's own arguments, as they came.
            Some(function) => unsafe { function($($argument),*) },
            None => CKR_FUNCTION_NOT_SUPPORTED,
        }
    };
}

unsafe extern "C" fn initialize(arguments: *mut c_void) -> CK_RV {
    if let Some(value) = meet("C_Initialize") {
        return value;
    }
    // SoftHSM reads its configuration's place from the environment, which all copies of this library share
    let lock = File::create(std::env::temp_dir().join("faulty-pkcs11.lock"));
    let _locked = lock.as_ref().map(File::lock);
    // SAFETY: only SoftHSM reads it, under the lock that was just taken.
    unsafe { std::env::set_var("SOFTHSM2_CONF", folder().join("softhsm2.conf")) };
    pass_on!(C_Initialize(arguments))
}

unsafe extern "C" fn get_slot_list(
    present: CK_BBOOL,
    slots: *mut CK_SLOT_ID,
    count: *mut CK_ULONG,
) -> CK_RV {
    if has(&["removed"]) {
        // SAFETY: the caller's place for a number.
        unsafe { *count = 0 };
        return CKR_OK;
    }
    pass_on!(C_GetSlotList(present, slots, count))
}

unsafe extern "C" fn get_token_info(slot: CK_SLOT_ID, info: *mut CK_TOKEN_INFO) -> CK_RV {
    if let Some(value) = meet("C_GetTokenInfo") {
        return value;
    }
    let value = pass_on!(C_GetTokenInfo(slot, info));
    // SAFETY: the caller's place, which SoftHSM has just filled.
    if let Some(info) = unsafe { info.as_mut() } {
        if has(&["pin-locked"]) {
            info.flags |= CKF_USER_PIN_LOCKED;
        }
        if has(&["final-try"]) {
            info.flags |= CKF_USER_PIN_FINAL_TRY;
        }
    }
    value
}

unsafe extern "C" fn open_session(
    slot: CK_SLOT_ID,
    flags: CK_FLAGS,
    application: *mut c_void,
    notify: CK_NOTIFY,
    session: *mut CK_SESSION_HANDLE,
) -> CK_RV {
    if let Some(value) = meet("C_OpenSession") {
        return value;
    }
    pass_on!(C_OpenSession(slot, flags, application, notify, session))
}

unsafe extern "C" fn get_session_info(
    session: CK_SESSION_HANDLE,
    info: *mut CK_SESSION_INFO,
) -> CK_RV {
    if let Some(value) = meet("C_GetSessionInfo") {
        return value;
    }
    pass_on!(C_GetSessionInfo(session, info))
}

unsafe extern "C" fn login(
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: *mut CK_UTF8CHAR,
    length: CK_ULONG,
) -> CK_RV {
    if let Some(value) = meet("C_Login") {
        return value;
    }
    if has(&["pin-locked"]) {
        return CKR_PIN_LOCKED;
    }
    pass_on!(C_Login(session, user, pin, length))
}

unsafe extern "C" fn find_objects_init(
    session: CK_SESSION_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    if let Some(value) = meet("C_FindObjectsInit") {
        return value;
    }
    pass_on!(C_FindObjectsInit(session, template, count))
}

unsafe extern "C" fn sign_init(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    if let Some(value) = meet("C_SignInit") {
        return value;
    }
    // SAFETY: the caller's mechanism.
    let number = unsafe { mechanism.as_ref() }.map_or(0, |mechanism| mechanism.mechanism);
    if has(&["mechanism", &number.to_string()]) {
        return CKR_MECHANISM_INVALID;
    }
    pass_on!(C_SignInit(session, mechanism, key))
}

unsafe extern "C" fn sign(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    length: CK_ULONG,
    signature: *mut CK_BYTE,
    signature_length: *mut CK_ULONG,
) -> CK_RV {
    // without a place for it only the length is asked for
    if signature.is_null() {
        return pass_on!(C_Sign(session, data, length, signature, signature_length));
    }
    if let Some(value) = meet("C_Sign") {
        return value;
    }
    let value = pass_on!(C_Sign(session, data, length, signature, signature_length));
    if value == CKR_OK && has(&["flip"]) {
        // SAFETY: SoftHSM has written at least one octet there.
        unsafe { *signature ^= 1 };
    }
    value
}

unsafe extern "C" fn generate_key_pair(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    public: *mut CK_ATTRIBUTE,
    public_count: CK_ULONG,
    private: *mut CK_ATTRIBUTE,
    private_count: CK_ULONG,
    public_handle: *mut CK_OBJECT_HANDLE,
    private_handle: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    if let Some(value) = meet("C_GenerateKeyPair") {
        return value;
    }
    pass_on!(C_GenerateKeyPair(
        session,
        mechanism,
        public,
        public_count,
        private,
        private_count,
        public_handle,
        private_handle
    ))
}
