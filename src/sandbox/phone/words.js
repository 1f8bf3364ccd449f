// The words of the simulated phone, in the browser's language: Chinese, or else English.

const words = {
  en: {
    phones: "Phones", simulated: "simulated", wechat: "WeChat", help: "Everything this sandbox can do",
    noPhones: "No phone has anything to do. Begin a login, and its phone appears here.",
    whose: "Whose phone is it?", stranger: "Somebody new", more: "What else can happen", openSlider: "Open the slider",
    shown: ["Scan the QR code?", "The QR on the screen of the new {device} is in front of the camera."],
    box: ["Log in on {device}?", "Your account asks to log in again."],
    scanned: ["Log in on {device}?", "{who}, confirm that it is you who logs in."],
    code: ["Enter this code on the {device}", "The login goes on when the code has been typed there."],
    elsewhere: ["Finish on the new device", "在新设备完成验证: no code helps here. Log in again as a Mac."],
    slider: ["Pass the slider", "Open it on another screen, then come back and confirm."],
    online: ["Logged in on {device}", "{who} is online there."],
    expired: ["Too late", "The QR has expired. Ask for a new one."],
    declined: ["Declined", "Nobody was logged in."],
    dropped: ["Dropped", "This login is over; the next one needs a new QR."],
    superseded: ["Replaced", "A newer login of this account took its place."],
    "logged-out": ["Logged out", "The platform's customer ended this login."],
    gone: ["Nothing here", "There is no such login, or it ended long ago."],
    away: ["No connection", "The sandbox does not answer. Trying again."],
    stages: { shown: "to scan", scanned: "to confirm", code: "code", slider: "slider", online: "online" },
    actions: {
      scan: "Scan", confirm: "Confirm login", decline: "Decline", "ask-code": "Ask for a code",
      "ask-elsewhere": "Ask to finish elsewhere", "show-slider": "Want a slider", drop: "Drop this login",
    },
  },
  zh: {
    phones: "手机", simulated: "模拟", wechat: "微信", help: "沙箱的全部功能",
    noPhones: "现在没有待操作的手机。发起登录后会显示在这里。",
    whose: "这是谁的手机？", stranger: "新用户", more: "其他情况", openSlider: "打开滑块",
    shown: ["扫描二维码？", "新的 {device} 屏幕上的二维码已对准摄像头。"],
    box: ["登录 {device}？", "你的帐号请求再次登录。"],
    scanned: ["登录 {device}？", "{who}，请确认是你本人登录。"],
    code: ["请在 {device} 上输入验证码", "在那里输入验证码后即可完成登录。"],
    elsewhere: ["在新设备完成验证", "此处没有验证码，请切换 Mac 设备登录。"],
    slider: ["请完成滑块验证", "在另一屏幕上打开并滑动，然后回来点击确认。"],
    online: ["{device} 微信已登录", "{who} 已在线。"],
    expired: ["已过期", "二维码已过期，请重新获取。"],
    declined: ["已取消", "没有登录。"],
    dropped: ["已掉线", "本次登录已结束，需重新扫码。"],
    superseded: ["已被替换", "该帐号有了更新的登录。"],
    "logged-out": ["已下线", "开发者结束了本次登录。"],
    gone: ["没有内容", "没有这个登录，或早已结束。"],
    away: ["无法连接", "沙箱没有应答，正在重试。"],
    stages: { shown: "待扫码", scanned: "待确认", code: "验证码", slider: "滑块", online: "在线" },
    actions: {
      scan: "扫码", confirm: "确认登录", decline: "取消登录", "ask-code": "要求验证码",
      "ask-elsewhere": "要求在新设备验证", "show-slider": "要求滑块", drop: "退出登录",
    },
  },
};

const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";

export const say = words[language];

// Fills a sentence's {places}.
export const fill = (sentence, places) => sentence.replace(/\{(\w+)\}/g, (_, name) => places[name] ?? "");

export const deviceName = (type) => (type === "mac" ? "Mac" : "iPad");

document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
for (const element of document.querySelectorAll("[data-word]")) element.textContent = say[element.dataset.word];
for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say[element.dataset.label]);
