// 中文。

export const zh = {
  skip: "跳到正文", begin: "登录帐号", leave: "退出控制台", docs: "控制 API 文档", justNow: "刚刚", loading: "加载中…",
  lost: "与 wxlogind 的连接已断开，正在重试…", back: "连接已恢复。",
  pulse: (online, known) => `${known.toLocaleString("zh")} 个帐号，${online.toLocaleString("zh")} 个在线`,

  door: {
    title: "wxlogind 控制台", closed: "尚未登录控制台",
    how: "在运行 wxlogind 的主机上执行", then: "并在本浏览器中打开它输出的网址。网址五分钟内有效，仅可使用一次。",
    ended: "控制台会话已结束。", coming: "正在进入…",
  },

  inbox: "等待人工操作", nothing: "暂无待办。", nothingMore: "需要人工操作的登录会自动显示在这里。",
  count: (count, more) => `${count}${more ? "+" : ""}`, restOfInbox: "显示更多", someone: "新的登录",
  kinds: { scan: "扫描二维码", code: "输入验证码", slider: "完成滑块验证", confirm: "在手机上确认", open: "可以登录", fetching: "请稍候", later: "稍后再试" },
  confirmHow: "该帐号的手机上会弹出登录确认，请在手机上确认。", openHow: "该帐号需要重新登录。请准备好手机，再获取二维码。", laterHow: "这次没有成功。下一次：", fetchingHow: "正在获取二维码…",
  scanHow: "请用该帐号的手机扫码，并在手机上确认。", scanHowNew: "请用手机微信扫码，并在手机上确认。",
  qrAlt: (who) => `${who} 的登录二维码`, left: "剩余", enlarge: "放大", smaller: "缩小",
  stale: "已过期", staleHow: "该二维码已失效。", renew: "获取新的二维码",
  staleDue: "下一个二维码：", qrFailed: "二维码无法显示。", again: "重试",
  code: "手机上的验证码", codeHow: "手机上会显示验证码，请在此输入。", send: "提交",
  codeSent: "已提交，等待平台确认…", codeWrong: (times) => `平台已拒绝 ${times} 次，请输入手机当前显示的验证码。`,
  sliderHow: "打开页面完成滑块，然后回到这里。", openSlider: "打开滑块页面", sliderDone: "已完成",
  sliderSent: "好的，等待平台确认…", online: "在线", ended: "已结束", dismiss: "关闭", abandon: "放弃",
  newStep: (kind, who) => `${who}：${kind}`, nowOnline: (who) => `${who} 已在线`, expiredNow: (who) => `${who}：二维码已过期`,

  link: { over: "这里没有要做的事", overHow: "这一步已完成，或链接已过期。", done: "谢谢，已全部完成。" },
  claim: { mine: "我来处理", title: "你是谁？", how: "其他人会在这一步看到你的名字。", name: "你的名字", by: (who) => `${who} 正在处理`, leave: "不再处理" },

  accounts: "帐号", sessions: "登录记录", show: "显示", all: "全部", search: "搜索",
  searchHow: "名称、标签或 ID", onlyLabel: (label) => `标签：${label}`, anyLabel: "不限标签", clear: "清除筛选",
  next: "下一页", previous: "上一页", page: (first, last, total) => `${first}–${last}${total ? `，共 ${total.toLocaleString("zh")}` : ""}`,
  noAccounts: "还没有帐号登录过。", noSessions: "还没有登录记录。", noneLike: "没有符合条件的结果。",
  states: { "qr-issued": "待扫码", "awaiting-verify": "待验证码", slider: "待滑块", online: "在线", dropped: "已结束" },
  reasons: {
    expired: "超时未完成", failed: "平台终止", declined: "手机上已拒绝", offline: "掉线", "first-night": "首次登录后的例行掉线",
    "short-lived": "登录后不久", "logged-out": "已在此处下线", superseded: "被新的登录取代", abandoned: "已放弃",
  },
  standing: { online: "在线", offline: "离线", due: "已安排登录", offered: "待扫码", calling: "登录中", onPhone: "待手机确认", inFlight: "待人工操作", resting: "保持离线" },
  sinceOnline: "上线于", lostAt: "掉线于", dueAt: "下次登录", dropDue: "首次掉线", renewBy: "约稳定至", since: "始于",

  account: "帐号", session: "登录", toAll: "全部帐号", noSuchAccount: "没有这个帐号。", noSuchSession: "没有这次登录。",
  todo: "现在要做的事", next_: "接下来", why: "原因", evidence: "依据", noEvidence: "暂无。", life: "历程", logins: "登录记录", history: "经过",
  about: "设置", when: "时间", from: "来源", what: "内容", person: "人工",
  facts: { wcId: "wcId", wAccount: "微信号", phone: "手机", label: "标签", device: "设备", wId: "wId", began: "开始", predecessor: "上一次", successor: "下一次" },
  life_: {
    first: "首次登录", drop: "预期的首次掉线", dropHint: "新设备 24 小时内会掉线一次。", relogin: "再次登录",
    lost: (reason) => `掉线：${reason}`, attempt: (reason) => `登录未完成：${reason}`, moments: "可发朋友圈", stable: "约稳定至此",
    stableHint: "约三个月后需要重新登录。", due: "再次登录", dueHint: (attempt, how) => `第 ${attempt} 次尝试，方式：${how}`, now: "现在", current: "当前在线"
  },
  methods: { popup: "手机弹窗", qr: "二维码" },
  settled: "已稳定", notSettled: "初期", notSettledHow: "首日会掉线一次，再次登录后即稳定。",

  act: { relogin: "再次登录", reloginOnline: "续登", logout: "下线", forget: "删除", label: "改标签", end: "下线", abandon: "放弃", auto: "自动重新登录", autoHow: "掉线后由 wxlogind 自动发起下一次登录。" },
  sure: {
    cancel: "取消",
    relogin: ["再次登录？", (who) => `将为 ${who} 获取二维码。扫码完成之前，当前登录不受影响。`],
    logout: ["确定下线？", (who) => `${who} 会立即离线，直到有人再次登录。`],
    forget: ["删除这个帐号？", (who) => `wxlogind 将删除 ${who} 的设备与历史。以后若不带 wcId 登录，平台会视为新设备，并再掉线一次。`],
    abandon: ["放弃这次登录？", (who) => `${who} 的登录将结束，二维码随之失效。`],
  },
  form: {
    title: "登录帐号", how: "将获取二维码，请用要登录的手机扫码。", label: "标签", labelHow: "便于识别的名称", wcId: "wcId",
    wcIdHow: "曾经登录过的帐号请填写；不填时平台会当作新设备。", device: "设备", usual: "按配置", region: "地区", regionHow: "平台的地区编号 1–23，留空按配置", more: "更多",
    go: "获取二维码", known: (wcId) => `再次登录 ${wcId}`, newDevice: "确实是新设备", save: "保存", rename: "修改标签",
  },
  done: { label: "已修改。", auto: (on) => (on ? "掉线后会自动重新登录。" : "掉线后保持离线。"), logout: "已下线。", forget: "已删除。", abandon: "已放弃。", relogin: "已发起登录。" },
};
