// English.

const many = (count, one, more) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

export const en = {
  skip: "Skip to content", begin: "Log in an account", leave: "Sign out", docs: "The control API", justNow: "now", loading: "Loading…",
  lost: "Lost connection to wxlogind. Trying again…", back: "Connected again.",
  pulse: (online, known) => `${online.toLocaleString("en")} of ${many(known, "account", "accounts")} online`,

  door: {
    title: "The console of wxlogind", closed: "You are not signed in",
    how: "On the host of wxlogind, run", then: "and open the URL that it prints in this browser. It is good once, for five minutes.",
    ended: "Your session has ended.", coming: "Signing in…",
  },

  inbox: "Waiting for a person", nothing: "Nobody is waited for.",
  nothingMore: "A login that needs a person appears here by itself.",
  count: (count, more) => `${count}${more ? "+" : ""}`, restOfInbox: "Show more", someone: "New login",
  kinds: { scan: "Scan the QR", code: "Enter the code", slider: "Pass the slider", confirm: "Confirm on the phone", open: "Ready to log in", fetching: "One moment", later: "Not now" },
  confirmHow: "The phone of this account shows a box. Confirm the login there.", openHow: "Its login is due. The QR is fetched when you ask for it: have the phone at hand.",
  laterHow: "It came to nothing. The next try is", fetchingHow: "The QR is being fetched…",
  scanHow: "Scan with the phone of this account, then confirm there.", scanHowNew: "Scan with WeChat on the phone, then confirm there.",
  qrAlt: (who) => `QR to log in ${who}`, left: "left", enlarge: "Enlarge", smaller: "Smaller",
  stale: "Expired", staleHow: "This QR is no longer valid.", renew: "Fetch a new QR",
  staleDue: "The next one is fetched", qrFailed: "The QR cannot be shown.", again: "Try again",
  code: "Code from the phone", codeHow: "The phone shows a code. Type it here.", send: "Send",
  codeSent: "Sent. Waiting for the platform…", codeWrong: (times) => `The platform refused ${many(times, "code", "codes")}. Try the one the phone shows now.`,
  sliderHow: "Open the page, drag the slider, then come back.", openSlider: "Open the slider page", sliderDone: "I passed it",
  sliderSent: "Thank you. Waiting for the platform…", online: "Online", ended: "Ended", dismiss: "Dismiss", abandon: "Give up",
  newStep: (kind, who) => `${who}: ${kind}`, nowOnline: (who) => `${who} is online`, expiredNow: (who) => `${who}: the QR has expired`,

  link: { over: "There is nothing to do here", overHow: "This step is done, or its time is over.", done: "Thank you. That was all." },
  claim: { mine: "I'm on it", title: "Who are you?", how: "The others see your name at this step.", name: "Your name", by: (who) => `${who} is on it`, leave: "Not on it any more" },

  accounts: "Accounts", sessions: "Logins", show: "Show", all: "All", search: "Search",
  searchHow: "Name, label or identifier", onlyLabel: (label) => `Label: ${label}`, anyLabel: "Any label", clear: "Clear filters",
  next: "Next", previous: "Previous", page: (first, last, total) => `${first}–${last}${total ? ` of ${total.toLocaleString("en")}` : ""}`,
  noAccounts: "No account has logged in here yet.", noSessions: "There is no login yet.", noneLike: "Nothing matches these filters.",
  states: { "qr-issued": "Scan", "awaiting-verify": "Code", slider: "Slider", online: "Online", dropped: "Ended" },
  reasons: {
    expired: "nobody completed it in time", failed: "the platform ended it", declined: "declined on the phone", offline: "went offline",
    "first-night": "the known first drop", "short-lived": "right after the login", "logged-out": "logged out here",
    superseded: "replaced by a newer login", abandoned: "given up",
  },
  standing: {
    online: "Online", offline: "Offline", due: "Login scheduled", offered: "Needs a scan", calling: "Logging in", onPhone: "Confirm on phone", inFlight: "Needs a person", resting: "Left offline",
  },
  sinceOnline: "online since", lostAt: "lost", dueAt: "next login", dropDue: "first drop", renewBy: "holds until about", since: "since",

  account: "Account", session: "Login", toAll: "All accounts", noSuchAccount: "There is no such account.", noSuchSession: "There is no such login.",
  todo: "What to do now", next_: "Next", why: "Why", evidence: "What was observed", noEvidence: "Nothing yet.", life: "Life", logins: "Logins", history: "History",
  about: "Settings", when: "When", from: "From", what: "What", person: "a person",
  facts: { wcId: "wcId", wAccount: "WeChat ID", phone: "Phone", label: "Label", device: "Device", wId: "wId", began: "Began", predecessor: "Before it", successor: "After it" },
  life_: {
    first: "First login", drop: "Known first drop", dropHint: "The first login drops once, within a day.", relogin: "Logged in again",
    lost: (reason) => `Dropped: ${reason}`, attempt: (reason) => `A login came to nothing: ${reason}`, moments: "May post moments", stable: "Holds until about this day",
    stableHint: "After about three months the login has to be renewed.", due: "Logs in again", dueHint: (attempt, how) => `Attempt ${attempt}, by ${how}`, now: "Now", current: "Online now",
  },
  methods: { popup: "a box on the phone", qr: "QR" },
  settled: "Settled", notSettled: "First days", notSettledHow: "It drops once in its first day, then settles with the next login.",

  act: {
    relogin: "Log in again", reloginOnline: "Renew the login", logout: "Log out", forget: "Forget", label: "Rename", end: "Log out", abandon: "Give up",
    auto: "Log in again by itself", autoHow: "When it drops, wxlogind begins the next login on its own.",
  },
  sure: {
    cancel: "Cancel",
    relogin: ["Log it in again?", (who) => `A QR is fetched for ${who}. The login that is online goes on until somebody has scanned it.`],
    logout: ["Log it out?", (who) => `${who} goes offline at once, and stays so until somebody logs it in again.`],
    forget: ["Forget this account?", (who) => `wxlogind forgets ${who}, its device and its history. Should it come back without its wcId, the platform makes a new device of it, which drops once more.`],
    abandon: ["Give up this login?", (who) => `The login of ${who} ends, and its QR is no longer valid.`],
  },
  form: {
    title: "Log in an account", how: "A QR is fetched. Scan it with the phone that is to be logged in.", label: "Label", labelHow: "What you call it", wcId: "wcId",
    wcIdHow: "Only for an account that was logged in before, here or elsewhere: without it the platform makes a new device.",
    device: "Device", usual: "As configured", region: "Region", regionHow: "1–23, as the platform numbers them; empty as configured", more: "More",
    go: "Fetch the QR", known: (wcId) => `Log in ${wcId} again`, newDevice: "It is a new device", save: "Save", rename: "Rename the account",
  },
  done: { label: "Renamed.", auto: (on) => (on ? "It logs in again by itself." : "It is left offline when it drops."), logout: "Logged out.", forget: "Forgotten.", abandon: "Given up.", relogin: "A login has begun." },
};
