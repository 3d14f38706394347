function o(e){return e.code!=="device_revoked"&&e.code!=="logged_out"&&e.code!=="closed"}export{o as a};
