/** Hosts where anybody can take in data without leaving a name. Matched as the host itself or what it ends in. */

/** Anybody gets a mailbox there within a minute. */
const FREE_MAIL: ReadonlySet<string> = new Set([
  ..."gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com ymail.com aol.com icloud.com me.com".split(
    " ",
  ),
  ..."proton.me protonmail.com pm.me tutanota.com tuta.com gmx.com gmx.de gmx.net web.de mail.com zoho.com".split(" "),
  ..."yandex.com yandex.ru mail.ru inbox.ru qq.com 163.com 126.com naver.com fastmail.com hushmail.com".split(" "),
  ..."mailinator.com guerrillamail.com sharklasers.com 10minutemail.com temp-mail.org yopmail.com getnada.com".split(
    " ",
  ),
]);

/** Pastes, catchers of web requests, tunnels, throw-away file hosts. */
const DROPS: ReadonlySet<string> = new Set([
  ..."pastebin.com paste.ee hastebin.com ghostbin.com dpaste.com dpaste.org rentry.co privatebin.net ix.io".split(" "),
  ..."termbin.com paste.rs controlc.com justpaste.it gist.github.com gist.githubusercontent.com 0x0.st".split(" "),
  ..."webhook.site requestbin.com requestbin.net pipedream.net hookbin.com beeceptor.com requestcatcher.com".split(" "),
  ..."mockbin.org ptsv2.com ptsv3.com interact.sh oast.fun oast.pro oast.live oast.site oastify.com".split(" "),
  ..."burpcollaborator.net canarytokens.com dnslog.cn ngrok.io ngrok.app ngrok-free.app ngrok-free.dev".split(" "),
  ..."trycloudflare.com loca.lt localtunnel.me serveo.net localhost.run transfer.sh file.io gofile.io".split(" "),
  ..."anonfiles.com catbox.moe temp.sh bashupload.com wetransfer.com mega.nz sendspace.com filebin.net".split(" "),
]);

/** Words of a host name that say the same of hosts that no list knows. */
const FREE_MAIL_WORD = /(?:^|[.-])(?:free-?mail|temp-?mail|trash-?mail|throwaway)(?:[.-]|$)/;
const DROP_WORD =
  /(?:^|[.-])(?:paste|pastes|pastebin|requestbin|webhooks?|hookbin|collaborator|exfil|ngrok|tunnel)(?:[.-]|$)/;

function isIn(set: ReadonlySet<string>, host: string): boolean {
  for (let from = 0; from >= 0; ) {
    if (set.has(host.slice(from))) return true;
    const dot = host.indexOf(".", from);
    from = dot < 0 ? -1 : dot + 1;
  }
  return false;
}

/** `host` in lower case. */
export function isFreeMail(host: string): boolean {
  return isIn(FREE_MAIL, host) || FREE_MAIL_WORD.test(host);
}

/** `host` in lower case. */
export function isDrop(host: string): boolean {
  return isIn(DROPS, host) || DROP_WORD.test(host);
}
